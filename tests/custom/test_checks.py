from collections.abc import Iterator
from contextlib import contextmanager

from django.core.checks import CheckMessage
from django.db import connection
from django.test import SimpleTestCase, TransactionTestCase, override_settings

from custom import checks


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


@contextmanager
def variable(name: str, value: str) -> Iterator[None]:
    """Set a variable of the server or the session, for the block only."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT @@{name.replace(' ', '.')}")
        (before,) = cursor.fetchone()
        cursor.execute(f"SET {name} = {value}")
        try:
            yield
        finally:
            cursor.execute(f"SET {name} = %s", [before])


class SettingCheckTests(SimpleTestCase):
    def test_the_projects_own_settings_pass(self) -> None:
        self.assertEqual(checks.check_outbox_handlers(), [])
        self.assertEqual(checks.check_redis(), [])

    @override_settings(
        OUTBOX_HANDLERS={
            "order.found": (),
            "order.lost": ("custom.outbox.consume", "orders.nowhere.handle"),
        }
    )
    def test_a_handler_that_does_not_import_is_named(self) -> None:
        (error,) = checks.check_outbox_handlers()
        self.assertEqual(error.id, "custom.E001")
        self.assertEqual(
            error.hint, "OUTBOX_HANDLERS['order.lost'] names 'orders.nowhere.handle'"
        )

    def test_a_redis_that_is_gone_is_a_warning_without_its_address(self) -> None:
        gone = {
            "default": {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": "redis://127.0.0.1:1/0",
            }
        }
        with override_settings(CACHES=gone):
            (warning,) = checks.check_redis()
        self.assertEqual(warning.id, "custom.W001")
        self.assertFalse(warning.is_serious())

    def test_a_secret_from_the_source_is_refused(self) -> None:
        for secret in ("development-only-and-known-to-everyone", "tests-only"):
            with override_settings(SECRET_KEY=secret):
                self.assertEqual(ids(checks.check_secret()), ["custom.E002"])

    @override_settings(SECRET_KEY="b7RZ0mXJk2dQ4v")
    def test_another_secret_passes(self) -> None:
        self.assertEqual(checks.check_secret(), [])


class ServerCheckTests(TransactionTestCase):
    def server_ids(self) -> list[str | None]:
        return ids(checks.check_server(databases=["default"]))

    def test_the_tests_server_passes(self) -> None:
        self.assertEqual(self.server_ids(), [])

    def test_no_database_is_asked_unless_it_is_named(self) -> None:
        with self.assertNumQueries(0):
            self.assertEqual(checks.check_server(databases=None), [])

    def test_another_engine_for_new_tables(self) -> None:
        with variable("SESSION default_storage_engine", "'MyISAM'"):
            self.assertEqual(self.server_ids(), ["custom.E004"])

    def test_a_mode_that_cuts_values_off(self) -> None:
        with variable("SESSION sql_mode", "''"):
            self.assertEqual(self.server_ids(), ["custom.E005"])

    def test_a_connection_without_emoji(self) -> None:
        with variable("SESSION character_set_connection", "'utf8mb3'"):
            self.assertEqual(self.server_ids(), ["custom.E006"])

    def test_another_isolation_level(self) -> None:
        with variable("SESSION tx_isolation", "'REPEATABLE-READ'"):
            self.assertEqual(self.server_ids(), ["custom.E007"])


class TableCheckTests(TransactionTestCase):
    def table_ids(self, options: str) -> list[str | None]:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE left_over (id INT PRIMARY KEY) {options}")
            try:
                messages = checks.check_tables(databases=["default"])
            finally:
                cursor.execute("DROP TABLE left_over")
        self.assertTrue(all("left_over" in message.msg for message in messages))
        return ids(messages)

    def test_the_projects_own_tables_pass(self) -> None:
        self.assertEqual(checks.check_tables(databases=["default"]), [])

    def test_tables_without_transactions(self) -> None:
        for engine in ("MyISAM", "Aria"):
            self.assertEqual(self.table_ids(f"ENGINE={engine}"), ["custom.E009"])

    def test_a_table_without_emoji(self) -> None:
        self.assertEqual(self.table_ids("CHARACTER SET latin1"), ["custom.E010"])


class DurabilityCheckTests(TransactionTestCase):
    def test_a_commit_that_is_not_on_the_disk_is_refused(self) -> None:
        with variable("GLOBAL innodb_flush_log_at_trx_commit", "2"):
            found = checks.check_durability(databases=["default"])
        self.assertEqual(ids(found), ["custom.E011"])

    def test_a_commit_on_the_disk_passes(self) -> None:
        with variable("GLOBAL innodb_flush_log_at_trx_commit", "1"):
            self.assertEqual(checks.check_durability(databases=["default"]), [])
