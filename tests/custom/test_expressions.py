from django.db.models import IntegerField
from django.test import TestCase

from catalogue.models import Category
from custom.expressions import ByKey
from custom.models import NamedLock
from tests.catalogue.factories import CategoryFactory


class ByKeyTests(TestCase):
    """One UPDATE that gives each row a value of its own"""

    def test_each_row_gets_its_own(self) -> None:
        for name in ("a", "b", "c"):
            NamedLock.objects.create(name=name, taken=1)
        values = {"b'": 9, "b": 3, "a": 2}
        with self.assertNumQueries(1):
            changed = NamedLock.objects.filter(pk__in=values).update(
                taken=ByKey(values, output_field=IntegerField())
            )
        self.assertEqual(changed, 2)
        rows = NamedLock.objects.order_by("pk").values_list("pk", "taken")
        self.assertEqual(list(rows), [("a", 2), ("b", 3), ("c", 1)])


class LikeTests(TestCase):
    """A pattern, as the column's collation compares"""

    def test_patterns(self) -> None:
        for name in ("Über uns", "50% off", "a_b"):
            CategoryFactory(name=name)
        for pattern, names in (
            ("ub%", ["Über uns"]),
            ("%UNS", ["Über uns"]),
            (r"50\%%", ["50% off"]),
            ("a_b", ["a_b"]),
            (r"a\_%", ["a_b"]),
            ("' OR 1=1 -- ", []),
        ):
            with self.subTest(pattern):
                found = Category.objects.filter(name__like=pattern)
                self.assertEqual(list(found.values_list("name", flat=True)), names)
