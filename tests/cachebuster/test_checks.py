from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.checks import run_checks
from django.core.management import call_command, get_commands
from django.core.management.base import CommandError
from django.test import SimpleTestCase

from cachebuster.findings import Finding, find_faults
from cachebuster.storage import static_files
from tests.cachebuster.places import FRESH, PIPELINE, SiteTestCase


class SystemCheckTests(SimpleTestCase):
    """check"""

    def ids(self, **changed: object) -> list[str]:
        with self.settings(**changed):
            return [
                message.id
                for message in run_checks()
                if message.id.startswith("cachebuster.")
            ]

    def test_settings_of_the_project(self) -> None:
        self.assertEqual(self.ids(), [])

    def test_unknown_key(self) -> None:
        self.assertEqual(self.ids(CACHEBUSTER={"STAMPS": "hash"}), ["cachebuster.E001"])

    def test_bad_values(self) -> None:
        for name, value in (
            ("STAMP", "md5"),
            ("HASH_LENGTH", 7),
            ("HASH_LENGTH", 65),
            ("HASH_LENGTH", "20"),
            ("SRI", "md5"),
            ("IMMUTABLE_MAX_AGE", -1),
            ("PLAIN_MAX_AGE", None),
            ("STRICT", 1),
        ):
            with self.subTest(name=name, value=value):
                self.assertEqual(
                    self.ids(CACHEBUSTER={name: value}), ["cachebuster.E002"]
                )

    def test_good_values(self) -> None:
        for name, value in (
            ("STAMP", "mtime"),
            ("HASH_LENGTH", 64),
            ("SRI", "sha512"),
            ("IMMUTABLE_MAX_AGE", 0),
            ("STRICT", False),
        ):
            with self.subTest(name):
                self.assertEqual(self.ids(CACHEBUSTER={name: value}), [])

    def test_storage_of_another_kind(self) -> None:
        path = "django.contrib.staticfiles.storage.StaticFilesStorage"
        storages = settings.STORAGES | {"staticfiles": {"BACKEND": path}}
        self.assertEqual(self.ids(STORAGES=storages), ["cachebuster.E003"])

    def bundle(self, output: str, *sources: str) -> dict[str, object]:
        group = {"source_filenames": sources, "output_filename": output}
        groups = settings.PIPELINE["JAVASCRIPT"] | {"another": group}
        return settings.PIPELINE | {"JAVASCRIPT": groups}

    def test_bundles(self) -> None:
        for pipeline, wanted in (
            (self.bundle("js/x.js", "no/such.js"), ["cachebuster.E004"]),
            (self.bundle("docs/swagger.js", "docs/swagger.js"), ["cachebuster.E005"]),
            (self.bundle("js/stats.js", "docs/swagger.js"), ["cachebuster.E005"] * 2),
        ):
            with self.subTest(wanted):
                self.assertEqual(self.ids(PIPELINE=pipeline), wanted)

    def test_compressor_that_does_not_import(self) -> None:
        pipeline = settings.PIPELINE | {"JS_COMPRESSOR": "no.such.Compressor"}
        self.assertEqual(self.ids(PIPELINE=pipeline), ["cachebuster.E006"])


class CommandTests(SiteTestCase):
    """manage.py cachebuster check"""

    def setUp(self) -> None:
        super().setUp()
        # The pages of the project name files that this small site does not have.
        self.templates = self.home / "templates"
        self.templates.mkdir()
        engine = settings.TEMPLATES[0] | {"DIRS": [self.templates], "APP_DIRS": False}
        self.enterContext(self.settings(TEMPLATES=[engine], INSTALLED_APPS=self.apps()))

    @staticmethod
    def apps() -> list[str]:
        wanted = ("cachebuster", "django.contrib.staticfiles", "pipeline")
        return [name for name in settings.INSTALLED_APPS if name.startswith(wanted)]

    def faults(self) -> list[tuple[str, str]]:
        return [(fault.name, fault.detail) for fault in find_faults(static_files)]

    def test_all_is_well(self) -> None:
        told = StringIO()
        call_command("cachebuster", "check", stdout=told)
        self.assertEqual(told.getvalue(), "The static files are in order.\n")

    def test_faults_are_told_and_counted(self) -> None:
        Path(static_files.path("staticfiles.json")).unlink()
        self.restart()
        told = StringIO()
        with self.assertRaisesMessage(CommandError, "faults in the static files"):
            call_command("cachebuster", "check", stdout=told)
        self.assertIn(
            "staticfiles.json: it is missing: run collectstatic\n", told.getvalue()
        )

    def test_missing_and_damaged_files(self) -> None:
        hashed = static_files.hashed_files
        Path(static_files.path(hashed["app/lone.js"])).unlink()
        Path(static_files.path(hashed["app/photo.png"])).write_text("changed")
        self.assertEqual(
            self.faults(),
            [
                (
                    "app/lone.js",
                    f"{hashed['app/lone.js']} is missing: run collectstatic",
                ),
                (
                    "app/photo.png",
                    f"{hashed['app/photo.png']} has another content than its hash says",
                ),
            ],
        )

    def test_file_without_a_hash(self) -> None:
        path = Path(static_files.path("staticfiles.json"))
        whole = path.read_text()
        path.write_text(
            whole.replace(static_files.hashed_files["app/lone.js"], "app/lone.js")
        )
        self.restart()
        self.assertIn(
            ("app/lone.js", "it is published as app/lone.js, without a hash"),
            self.faults(),
        )

    def test_sources_that_changed_since(self) -> None:
        self.write("app/second.js", "globalThis.second = 3;\n")
        self.write("app/new.js", "1;\n")
        self.write("app/lone.js", "2;\n")
        self.assertEqual(
            self.faults(),
            [
                ("app/lone.js", "its source has changed: run collectstatic"),
                ("app/new.js", "it is not collected: run collectstatic"),
                ("app/second.js", "its source has changed: run collectstatic"),
                ("js/app.js", "its sources have changed: run collectstatic"),
            ],
        )

    def test_references_in_templates(self) -> None:
        page = self.templates / "page.html"
        page.write_text(
            "{% load cachebuster %}{% if x %}{% static 'app/lone.js' %}"
            "{% static 'js/app.js' %}{% static name %}{% media 'none.png' %}"
            "{% for y in z %}{% sri 'app/typo.css' %}{% endfor %}"
            "{% block b %}{% static 'app/typo.js' as url %}{% endblock %}{% endif %}"
        )
        (self.templates / "other.html").write_text("{% load of_no_app %}")
        self.assertEqual(
            self.faults(),
            [
                (str(page), "the static file 'app/typo.css' does not exist"),
                (str(page), "the static file 'app/typo.js' does not exist"),
            ],
        )

    def test_source_of_a_bundle_that_does_not_exist(self) -> None:
        groups = PIPELINE["JAVASCRIPT"]["app"] | {
            "source_filenames": ("app/first.js", "app/second.js", "app/none.js")
        }
        pipeline = settings.PIPELINE | {"JAVASCRIPT": {"app": groups}}
        with self.settings(PIPELINE=pipeline):
            self.assertEqual(
                self.faults(), [("js/app.js", "its source app/none.js does not exist")]
            )

    def test_in_development_only_names_are_looked_at(self) -> None:
        backend = settings.STORAGES | {"staticfiles": {"BACKEND": FRESH}}
        self.write("app/second.js", "globalThis.second = 3;\n")
        with self.settings(STORAGES=backend):
            self.assertEqual(self.faults(), [])

    def test_a_finding_is_one_line(self) -> None:
        self.assertEqual(str(Finding("a.js", "it is missing")), "a.js: it is missing")


class ProjectTests(SimpleTestCase):
    """The project itself"""

    def test_every_name_in_a_template_exists(self) -> None:
        self.assertEqual(find_faults(static_files), [])

    def test_development_server_is_ours(self) -> None:
        self.assertEqual(get_commands()["runserver"], "cachebuster")
