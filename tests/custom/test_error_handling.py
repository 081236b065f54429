"""Who may catch a database error: see docs/decisions/0003-transactions.md."""

import ast
from collections.abc import Iterator
from pathlib import Path
from unittest import TestCase

from django.conf import settings

from script.lib.lint import APPS

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE_ERRORS = frozenset(
    {
        "Error",
        "DatabaseError",
        "DataError",
        "IntegrityError",
        "InterfaceError",
        "InternalError",
        "OperationalError",
        "ProgrammingError",
        "TransactionManagementError",
    }
)
BROAD_ERRORS = frozenset({"Exception", "BaseException"})
ALLOWED = {
    "catalogue/api/sync.py": "catches struct's error, which has the same name",
    "custom/transactions.py": "runs the work again, outside its block",
    "custom/idempotency.py": "turns the key's own errors into refusals that end it",
    "custom/mysql/base.py": "closes a connection that is cut short, and raises",
    "custom/outbox.py": "postpones a message after its transaction has ended",
    "custom/api/health.py": "reads outside transactions",
    "custom/api/metrics.py": "reads outside transactions",
    "custom/throttling/middleware.py": "asks who calls, outside transactions",
    "exchange/files/reading.py": "catches what parsers of files raise",
    "search/checks.py": "imports a library at start-up",
    "search/engine.py": "catches Xapian's error, which has the same name",
    "search/selectors.py": "lets database errors pass, and catches the engine's",
}


def caught_names(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and name of everything a piece of code catches or suppresses."""
    for each in ast.walk(node):
        if isinstance(each, ast.ExceptHandler):
            if each.type is None:
                yield each.lineno, "BaseException"
            else:
                yield from names_in(each.type)
        elif isinstance(each, ast.Call) and last_name(each.func) == "suppress":
            for argument in each.args:
                yield from names_in(argument)


def names_in(node: ast.expr) -> Iterator[tuple[int, str]]:
    """Yield the last name of an error, or of each in a tuple."""
    for each in node.elts if isinstance(node, ast.Tuple) else [node]:
        yield each.lineno, last_name(each)


def last_name(node: ast.expr) -> str:
    """Return ``DatabaseError`` of both ``DatabaseError`` and ``db.DatabaseError``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def catches_database_errors(source: str) -> list[int]:
    """Return the lines on which a database error may be caught."""
    forbidden = DATABASE_ERRORS | BROAD_ERRORS
    tree = ast.parse(source)
    return [line for line, name in caught_names(tree) if name in forbidden]


class ErrorHandlingTests(TestCase):
    """No code that runs inside a transaction catches a database error"""

    def test_the_rule_sees_what_it_forbids(self) -> None:
        for bad in (
            "try: pass\nexcept: pass",
            "try: pass\nexcept Exception: pass",
            "try: pass\nexcept django.db.IntegrityError: pass",
            "try: pass\nexcept (KeyError, OperationalError) as error: raise",
            "with contextlib.suppress(DatabaseError): pass",
        ):
            with self.subTest(bad):
                self.assertEqual(len(catches_database_errors(bad)), 1)
        for good in (
            "try: pass\nexcept (KeyError, Order.DoesNotExist): pass",
            "try: pass\nfinally: pass",
            "raise IntegrityError",
        ):
            with self.subTest(good):
                self.assertEqual(catches_database_errors(good), [])

    def test_nobody_catches_one(self) -> None:
        found = []
        for app in APPS:
            for path in sorted((ROOT / app).rglob("*.py")):
                name = path.relative_to(ROOT).as_posix()
                lines = catches_database_errors(path.read_text(encoding="utf-8"))
                if name not in ALLOWED:
                    found += [f"{name}:{line}" for line in lines]
        self.assertEqual(found, [])

    def test_every_exception_to_the_rule_is_still_needed(self) -> None:
        for name in ALLOWED:
            source = (ROOT / name).read_text(encoding="utf-8")
            with self.subTest(name):
                self.assertNotEqual(catches_database_errors(source), [])

    def test_requests_open_no_transaction_of_their_own(self) -> None:
        self.assertIs(settings.DATABASES["default"]["ATOMIC_REQUESTS"], False)
