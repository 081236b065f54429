import re
import tempfile
from contextlib import ExitStack
from io import StringIO
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from custom.outbox import consume, relay
from tests.clients.generating import node, python_client, typescript_client
from tests.clients.stories import TOKEN
from tests.guide.matching import find_difference
from tests.guide.pages import HOME, Snippet, guide_pages, snippets
from tests.guide.sessions import Python, Session, Shell
from tests.processes import environment
from tests.search.index import fresh_index
from tests.web import web_server

ADDRESS = "http://127.0.0.1:8000"  # of the demo shop, as the pages write it
FILMS = 40  # the first of the demo shop, under the ids they have there
MAILED = re.compile(r"^(\w+)=….*$", re.MULTILINE)
SHOP = {"SHOP_DEMO": "1", "RATE_PER_MINUTE": "256/min"}


class SourceTests(SimpleTestCase):
    """Snippets of docs/api that stand in files of the project"""

    def test_they_are_what_the_files_are(self) -> None:
        for page in guide_pages():
            for each in snippets(page):
                with self.subTest(place=each.place):
                    if each.source:
                        self.assertEqual(each.code, _read(each.source))
                    if each.runner:
                        self.assertIn(page.name, _read(each.runner))

    def test_the_first_page_leads_to_all_others(self) -> None:
        self.assertEqual(sorted(guide_pages()), sorted(HOME.glob("*.md")))


def _read(path: str) -> str:
    return Path(settings.BASE_DIR, path).read_text(encoding="utf-8")


@override_settings(SHOP_DEMO=True)
class GuideTests(TransactionTestCase):
    """Every snippet of docs/api, at the demo shop, against the answer it shows"""

    reset_sequences = True
    maxDiff = None

    def setUp(self) -> None:
        films = Path(settings.BASE_DIR, "shop", "demo", "films.csv")
        with tempfile.TemporaryDirectory() as folder, films.open() as lines:
            some = Path(folder, "films.csv")
            some.write_text("".join(islice(lines, FILMS + 1)))
            call_command("load_demo", films=some, stdout=StringIO())
        fresh_index()

    def test_every_snippet_is_answered_as_its_page_shows(self) -> None:
        with web_server(environment() | SHOP) as web:
            self.address = f"http://127.0.0.1:{web.port}"
            for page in guide_pages():
                with self.subTest(page=page.name):
                    self.assertEqual("\n\n".join(self.faults_of(page)), "")

    def faults_of(self, page: Path) -> list[str]:
        """Run a page's snippets; return what is not as it is shown."""
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            variables = self.variables(home)
            shell = stack.enter_context(Shell(home, variables))
            python: Session | None = None
            faults = []
            for each in snippets(page):
                if each.runner or (each.source and not each.kind):
                    continue
                if each.language == "python" and python is None:
                    python = stack.enter_context(Python(home, variables))
                session = python if each.language == "python" else shell
                faults += self.fault_of(each, session)
        return faults

    def fault_of(self, snippet: Snippet, session: Session) -> list[str]:
        """Run a snippet; return what is wrong with it, in one text, or nothing."""
        relay(consume)  # as the worker does, before anybody can type the next line
        code = MAILED.sub(self.fill, snippet.code)
        if snippet.language == "ts":
            program = typescript_client() / Path(snippet.source).name
            code = f"{node()} {program}"
        printed, status = session.run(code.replace(ADDRESS, self.address))
        real = printed.replace(self.address, ADDRESS)
        fault = f"it ends with code {status}" if status else ""
        if snippet.kind and not fault:
            fault = find_difference(snippet.kind, snippet.answer, real)
        return [f"{snippet.place}: {fault}\n{code}\n{real}"] if fault else []

    def fill(self, assignment: re.Match[str]) -> str:
        """Give a variable the token of the newest mail."""
        (token,) = TOKEN.findall(mail.outbox[-1].body)
        return f"{assignment[1]}='{token}'"

    def variables(self, home: Path) -> dict[str, str]:
        """Return the environment of a page's snippets."""
        return environment() | {
            "SHOP": self.address,
            "HOME": str(home),
            "PYTHONPATH": str(python_client()),
        }
