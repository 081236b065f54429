from django.test import TransactionTestCase

from tests.processes import run_python

ASK = """
import django
django.setup()
from django.test import Client
answer = Client(headers={"host": "localhost"}).get("/admin/login/")
print(answer.status_code, answer.content.decode())
"""


class DevelopmentTests(TransactionTestCase):
    """shop.settings.dev with DEBUG, as ``manage.py runserver`` has it"""

    def test_pages_show_the_toolbar_and_files_as_they_are(self) -> None:
        extra = {"DJANGO_SETTINGS_MODULE": "shop.settings.dev", "DJANGO_DEBUG": "1"}
        done = run_python("-c", ASK, extra=extra)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout[:4], "200 ")
        self.assertIn('id="djDebug"', done.stdout)
        self.assertRegex(done.stdout, r'src="/static/js/stats\.js\?[0-9a-f]{20}"')
