import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import TestCase

import structlog
from django.conf import settings

from custom.logging import configure, drop_personal


@contextmanager
def configured(log_format: str) -> Iterator[io.StringIO]:
    """Log as configured, into memory; the tests' own set-up comes back after."""
    structlog.reset_defaults()
    configure({"format": log_format, "level": "INFO"})
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    handler.setStream(stream)
    try:
        yield stream
    finally:
        configure(settings.LOGGING)


class LineTests(TestCase):
    """One event, one line, whoever logs it."""

    def test_json(self) -> None:
        with configured("json") as stream:
            with structlog.contextvars.bound_contextvars(request_id="r1"):
                structlog.get_logger("a").info("sold", units=2)
                logging.getLogger("b").warning("Slow: %s s", 3)
            logging.getLogger("b").debug("not written")
        first, second = [json.loads(line) for line in stream.getvalue().splitlines()]
        self.assertRegex(first.pop("timestamp"), r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
        self.assertEqual(
            first,
            {
                "event": "sold",
                "units": 2,
                "request_id": "r1",
                "logger": "a",
                "level": "info",
            },
        )
        self.assertEqual(second["event"], "Slow: 3 s")
        self.assertEqual(second["request_id"], "r1")
        self.assertEqual(second["level"], "warning")

    def test_trace_stays_on_one_line_without_local_variables(self) -> None:
        with configured("json") as stream:
            password = "hidden"
            try:
                len(password) / 0
            except ZeroDivisionError:
                logging.getLogger("b").exception("failed")
        (line,) = stream.getvalue().splitlines()
        self.assertIn("ZeroDivisionError", json.loads(line)["exception"])
        self.assertNotIn("hidden", line)

    def test_values_json_does_not_know(self) -> None:
        with configured("json") as stream:
            structlog.get_logger("a").info("odd", value=object, size=10**30)
        self.assertEqual(json.loads(stream.getvalue())["value"], "<class 'object'>")

    def test_console(self) -> None:
        with configured("console") as stream:
            structlog.get_logger("a").info("sold", units=2)
        self.assertRegex(stream.getvalue(), r"info +\] sold +\[a\] units=2\n$")

    def test_forged_line_breaks(self) -> None:
        with configured("json") as stream:
            logging.getLogger("b").warning("Not Found: %s", "/a\n{}")
        self.assertEqual(len(stream.getvalue().splitlines()), 1)


class PersonalTests(TestCase):
    """What is taken out of every line."""

    def test_each(self) -> None:
        for text, expected in (
            (
                "GET /api/order/SO-1/?token=abc HTTP/1.1",
                "GET /api/order/SO-1/ HTTP/1.1",
            ),
            ('"GET /a?x=1"', '"GET /a"'),
            ("https://shop.example/?q=a&token=b.", "https://shop.example/"),
            (
                "Duplicate entry 'ada@example.com' for key",
                "Duplicate entry '…@…' for key",
            ),
            ("Is it? Yes.", "Is it? Yes."),
            ("Mail to a.b+c@mail.example.org.", "Mail to …@…."),
        ):
            with self.subTest(text):
                self.assertEqual(
                    drop_personal(None, "", {"event": text})["event"], expected
                )

    def test_collections_are_searched(self) -> None:
        event = {"args": ("ada@example.com",), "row": {"of": ["ada@example.com"]}}
        self.assertEqual(
            drop_personal(None, "", event), {"args": ("…@…",), "row": {"of": ["…@…"]}}
        )

    def test_keys(self) -> None:
        event = {"event": "x", "ip": "1.2.3.4", "user_agent": "a", "email": "b", "n": 1}
        self.assertEqual(drop_personal(None, "", event), {"event": "x", "n": 1})
