
from unittest import TestCase
from django.test import tag

class Cases(TestCase):
    def test_short(self): self.fail()
    @tag("soak")
    def test_long(self): pass
