import time
from typing import Any
from unittest import mock

from django.db import OperationalError, connection
from django.test import TestCase

from custom.mysql.base import FRESH_SECONDS, DatabaseWrapper


class HealthCheckTests(TestCase):
    """A connection in use is taken to be alive, an idle one is asked"""

    def setUp(self) -> None:
        self.link: Any = connection.copy()
        self.addCleanup(self.link.close)
        self.number = self.ask()

    def ask(self) -> int:
        with self.link.cursor() as cursor:
            cursor.execute("SELECT CONNECTION_ID()")
            ((number,),) = cursor.fetchall()
        return int(number)

    def begin_request(self, *, idle: float) -> None:
        self.link.close_if_unusable_or_obsolete()
        self.link._used_at = time.monotonic() - idle

    def kill(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("KILL %s", [self.number])

    def test_settings_name_it(self) -> None:
        self.assertIsInstance(self.link, DatabaseWrapper)
        self.assertTrue(self.link.health_check_enabled)

    def test_fresh_one_is_not_asked(self) -> None:
        self.begin_request(idle=0)
        with mock.patch.object(self.link, "is_usable") as asked:
            self.assertEqual(self.ask(), self.number)
        asked.assert_not_called()

    def test_idle_one_is_asked_once_a_request(self) -> None:
        for _ in range(2):
            self.begin_request(idle=FRESH_SECONDS)
            with mock.patch.object(self.link, "is_usable", return_value=True) as asked:
                self.ask()
                self.ask()
            asked.assert_called_once_with()

    def test_lost_while_idle_is_replaced(self) -> None:
        self.kill()
        self.begin_request(idle=FRESH_SECONDS)
        self.assertNotEqual(self.ask(), self.number)

    def test_lost_while_fresh_fails_one_request(self) -> None:
        self.kill()
        self.begin_request(idle=0)
        with self.assertRaises(OperationalError):
            self.ask()
        self.begin_request(idle=0)
        self.assertNotEqual(self.ask(), self.number)
