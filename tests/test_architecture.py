import io
from graphlib import CycleError, TopologicalSorter

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import UniqueConstraint
from django.test import SimpleTestCase, TestCase

from script.lib.lint import APPS


def app_graph(loader: MigrationLoader) -> dict[str, set[str]]:
    """Return app -> the apps whose migrations one of its own waits for."""
    graph: dict[str, set[str]] = {}
    for (app, _), node in loader.graph.node_map.items():
        waits_for = graph.setdefault(app, set())
        waits_for |= {parent.key[0] for parent in node.parents} - {app}
    return graph


class MigrationGraphTests(SimpleTestCase):
    """Migrations between apps"""

    def test_no_app_waits_for_an_app_that_waits_for_it(self) -> None:
        graph = app_graph(MigrationLoader(None, ignore_no_migrations=True))
        self.assertIn("auth", graph["users"])
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            self.fail(f"Apps wait for each other: {' -> '.join(error.args[1])}")

    def test_our_apps_wait_only_for_those_below(self) -> None:
        graph = app_graph(MigrationLoader(None, ignore_no_migrations=True))
        for position, app in enumerate(APPS):
            above = graph.get(app, set()).intersection(APPS[:position])
            self.assertEqual(above, set(), f"{app} waits for an app above it")


class RelationTests(SimpleTestCase):
    """Relations between models"""

    def test_every_foreign_key_points_down(self) -> None:
        upward = [
            f"{field} -> {field.related_model._meta.label}"
            for position, app in enumerate(APPS)
            for model in apps.get_app_config(app).get_models()
            for field in model._meta.get_fields()
            if field.is_relation
            and not field.auto_created
            and field.related_model is not None
            and field.related_model._meta.app_label in APPS[:position]
        ]
        self.assertEqual(upward, [])


class ConstraintTests(SimpleTestCase):
    """Constraints of our models"""

    def test_none_is_unique_under_a_condition(self) -> None:
        # MariaDB would leave it out without a word: the check for it is silenced,
        # since models of allauth have some.
        conditional = [
            constraint.name
            for app in APPS
            for model in apps.get_app_config(app).get_models()
            if not model._meta.proxy
            for constraint in model._meta.constraints
            if isinstance(constraint, UniqueConstraint) and constraint.condition
        ]
        self.assertEqual(conditional, [])


class DatabaseTests(TestCase):
    """The schema that the migrations make"""

    def rows(self, sql: str) -> list[tuple[str, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def test_models_and_migrations_agree(self) -> None:
        report = io.StringIO()
        try:
            call_command("makemigrations", check=True, dry_run=True, stdout=report)
        except SystemExit:
            self.fail(report.getvalue())

    def test_every_table_is_innodb_and_utf8mb4(self) -> None:
        tables = self.rows(
            "SELECT table_name, engine, SUBSTRING_INDEX(table_collation, '_', 1)"
            " FROM information_schema.tables WHERE table_schema = DATABASE()"
        )
        self.assertIn("users_user", {table for table, _, _ in tables})
        self.assertEqual(
            {(engine, charset) for _, engine, charset in tables},
            {("InnoDB", "utf8mb4")},
        )

    def test_every_text_column_is_utf8mb4_but_digests(self) -> None:
        columns = self.rows(
            "SELECT CONCAT(table_name, '.', column_name), collation_name"
            " FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND character_set_name <> 'utf8mb4'"
        )
        self.assertEqual(
            dict(columns),
            {
                "users_apikey.digest": "ascii_bin",
                "users_authtoken.digest": "ascii_bin",
                "users_authtoken.token_key": "ascii_bin",
            },
        )
