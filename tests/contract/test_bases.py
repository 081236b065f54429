import tempfile
from pathlib import Path
from unittest import TestCase

from script.lib.bases import base_of, git

FILE = "openapi.yml"


class BaseTests(TestCase):
    """What a document is compared with, in a repository of its own"""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        git(self.root, "init", "--quiet", "--initial-branch", "main")
        self.first = self.commit("1")
        self.second = self.commit("2")

    def commit(self, text: str, name: str = FILE) -> str:
        Path(self.root, name).write_text(text)
        git(self.root, "add", name)
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        made = git(self.root, *who, "commit", "--quiet", "--message", text)
        self.assertIsNotNone(made)
        return str(git(self.root, "rev-parse", "HEAD"))

    def base(self) -> str:
        return base_of(FILE, self.root)

    def test_on_main_it_is_what_was_there_before_the_last_change(self) -> None:
        self.assertEqual(self.base(), self.first)
        self.commit("3", "other.txt")
        self.assertEqual(self.base(), self.first)

    def test_on_a_branch_it_is_where_the_branch_left(self) -> None:
        git(self.root, "checkout", "--quiet", "-b", "mine")
        self.commit("3")
        self.commit("4")
        self.assertEqual(self.base(), self.second)

    def test_a_release_outranks_both(self) -> None:
        git(self.root, "tag", "v1", self.first)
        git(self.root, "tag", "other", self.second)
        self.commit("3")
        self.assertEqual(self.base(), "v1")

    def test_without_an_earlier_one_there_is_none(self) -> None:
        git(self.root, "checkout", "--quiet", "--orphan", "alone")
        git(self.root, "branch", "-D", "main")
        self.commit("3")
        self.assertEqual(self.base(), "")
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(base_of(FILE, Path(folder)), "")
