from django.test import TransactionTestCase

from tests.processes import run_python

ASK = """
import django
django.setup()
from django.test import Client
answer = Client(headers={"host": "localhost"}).get("/admin/login/")
print(answer.status_code, answer.content.decode())
"""


WITHOUT_TOOLS = """
import sys
sys.modules.update(debug_toolbar=None, django_extensions=None)
"""
DEBUG = {"DJANGO_SETTINGS_MODULE": "shop.settings.dev", "DJANGO_DEBUG": "1"}


class DevelopmentTests(TransactionTestCase):
    """shop.settings.dev with DEBUG, as ``manage.py runserver`` has it"""

    def test_pages_show_the_toolbar_and_files_as_they_are(self) -> None:
        done = run_python("-c", ASK, extra=DEBUG)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout[:4], "200 ")
        self.assertIn('id="djDebug"', done.stdout)
        self.assertRegex(done.stdout, r'src="/static/js/staff\.js\?[0-9a-f]{20}"')

    def test_pages_work_where_only_the_runtime_is_installed(self) -> None:
        done = run_python("-c", WITHOUT_TOOLS + ASK, extra=DEBUG)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout[:4], "200 ")
        self.assertNotIn('id="djDebug"', done.stdout)
