import base64
import gzip
import hashlib
import json
import re
from pathlib import Path
from unittest import mock

import brotli
import time_machine
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from pipeline.exceptions import CompressorError

from cachebuster.compressors import RcssminCompressor, TdewolffCompressor
from cachebuster.storage import static_files
from tests.cachebuster.places import LONG_AGO, SOURCES, SiteTestCase

MAP = '{"version": 3, "sources": [], "mappings": ""}'


def contents(root: str) -> dict[str, bytes]:
    """Return name -> bytes of everything below a folder."""
    base = Path(root)
    return {
        str(path.relative_to(base)): path.read_bytes()
        for path in base.rglob("*")
        if path.is_file()
    }


class CollectTests(SiteTestCase):
    """collectstatic"""

    def published(self, name: str) -> str:
        """Return the content of a file under its hashed name."""
        return Path(static_files.path(static_files.hashed_files[name])).read_text()

    def test_name_is_the_hash_of_the_bytes_served(self) -> None:
        for name, hashed in static_files.hashed_files.items():
            with self.subTest(name):
                content = Path(static_files.path(hashed)).read_bytes()
                digest = hashlib.sha256(content).hexdigest()[:20]
                self.assertEqual(self.digest(hashed), digest)

    def test_twice_is_the_same_byte_for_byte(self) -> None:
        first = contents(settings.STATIC_ROOT)
        self.collect()
        self.assertEqual(contents(settings.STATIC_ROOT), first)
        with (
            self.settings(STATIC_ROOT=str(self.home / "other")),
            time_machine.travel(LONG_AGO, tick=False),
        ):
            self.collect()
            self.assertEqual(contents(settings.STATIC_ROOT), first)
        manifest = json.loads(first["staticfiles.json"])
        for part in (manifest, *manifest.values()):
            if isinstance(part, dict):
                self.assertEqual(list(part), sorted(part))

    def test_style_sheets_refer_to_hashed_files(self) -> None:
        dot = Path(static_files.hashed_files["app/img/dot.svg"]).name
        self.assertIn(f'url("img/{dot}")', self.published("app/style.css"))
        self.assertIn(
            f"url(../app/img/{dot})", self.published("css/app.css").replace('"', "")
        )

    def test_source_maps_are_hashed(self) -> None:
        self.write("app/lone.js", "lone();\n//# sourceMappingURL=lone.js.map\n")
        self.write("app/more.css", "a {}\n/*# sourceMappingURL=more.css.map */\n")
        self.write("app/lone.js.map", MAP)
        self.write("app/more.css.map", MAP)
        self.collect()
        for name in ("app/lone.js", "app/more.css"):
            mapped = Path(static_files.hashed_files[f"{name}.map"]).name
            self.assertIn(f"sourceMappingURL={mapped}", self.published(name))

    def test_source_map_that_is_not_shipped_is_left_out(self) -> None:
        self.write("app/lone.js", "lone();\n//# sourceMappingURL=lone.js.map\n")
        self.write("app/more.css", "a {}\n/*# sourceMappingURL=more.css.map */\n")
        self.collect()
        self.assertEqual(self.published("app/lone.js").strip(), "lone();")
        self.assertEqual(self.published("app/more.css").strip(), "a {}")

    def test_reference_to_a_file_that_does_not_exist_fails(self) -> None:
        self.write("app/lone.css", 'b { background: url("img/none.svg"); }')
        with self.assertRaisesMessage(ValueError, "app/img/none.svg"):
            self.collect()

    def test_bundle_is_made_of_the_sources_as_they_are(self) -> None:
        # Older than what was collected, as after a checkout: time tells nothing.
        self.write("app/second.js", "globalThis.second = 'changed';\n", at=1)
        self.collect()
        self.assertIn("changed", self.published("js/app.js"))
        self.assertIn("changed", self.published("app/second.js"))

    def test_bundle_is_compressed(self) -> None:
        plain = SOURCES["app/first.js"] + ";" + SOURCES["app/second.js"]
        self.assertLess(len(self.published("js/app.js")), len(plain))
        self.assertIn("calc(100% - 2rem)", self.published("css/app.css"))

    def test_integrity_is_that_of_the_bytes_served_in_every_encoding(self) -> None:
        self.write("app/lone.css", "p { color: red; }\n" * 50)
        self.collect()
        for name in ("app/lone.css", "app/lone.js"):
            found = re.search(
                'integrity="sha384-([^"]+)"', self.render("{% sri n %}", n=name)
            )
            wanted = base64.b64decode(found[1])
            for encoding, unpack in (
                ("identity", bytes),
                ("gzip", gzip.decompress),
                ("br", brotli.decompress),
            ):
                with self.subTest(name=name, encoding=encoding):
                    response = self.client.get(
                        self.url(name), headers={"Accept-Encoding": encoding}
                    )
                    self.assertEqual(
                        response.get("Content-Encoding", "identity"), encoding
                    )
                    body = unpack(response.getvalue())
                    self.assertEqual(hashlib.sha384(body).digest(), wanted)

    def test_hashed_files_and_manifest_stay_while_they_are_made_again(self) -> None:
        names = [*static_files.hashed_files.values(), "staticfiles.json"]
        paths = [Path(static_files.path(name)) for name in names]
        found = {name: (static_files, name) for name in SOURCES}
        for _ in static_files.post_process(found):
            self.assertEqual([path for path in paths if not path.exists()], [])

    def test_no_hashed_file_is_deleted_to_be_written_again(self) -> None:
        with mock.patch.object(FileSystemStorage, "delete", autospec=True) as delete:
            self.collect()
        names = [call.args[1] for call in delete.call_args_list]
        self.assertEqual([name for name in names if self.digest(name)], [])
        self.assertIn("app/lone.js", names)

    def test_clearing_does_delete(self) -> None:
        Path(settings.STATIC_ROOT, "app", "old.0123456789abcdef0123.js").touch()
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        self.assertNotIn(
            "app/old.0123456789abcdef0123.js", contents(settings.STATIC_ROOT)
        )

    def test_dry_run_writes_nothing(self) -> None:
        first = contents(settings.STATIC_ROOT)
        self.write("app/lone.js", "globalThis.lone = 'dry';\n")
        call_command("collectstatic", interactive=False, dry_run=True, verbosity=0)
        self.assertEqual(contents(settings.STATIC_ROOT), first)

    def test_only_what_gets_smaller_is_compressed(self) -> None:
        made = contents(settings.STATIC_ROOT)
        packed = {name for name in made if name.endswith((".br", ".gz"))}
        dot, photo = (
            static_files.hashed_files[f"app/{n}"] for n in ("img/dot.svg", "photo.png")
        )
        self.assertLessEqual({f"{dot}.br", f"{dot}.gz"}, packed)
        self.assertFalse({f"{photo}.br", f"{photo}.gz"} & packed)
        self.assertFalse({name for name in packed if not self.digest(name)})

    def test_manifest_names_what_bundles_were_made_of(self) -> None:
        manifest = json.loads(
            Path(settings.STATIC_ROOT, "staticfiles.json").read_text()
        )
        self.assertEqual(
            manifest["bundles"]["js/app.js"],
            {
                name: hashlib.sha256(SOURCES[name].encode()).hexdigest()
                for name in ("app/first.js", "app/second.js")
            },
        )

    def test_hash_length_is_a_setting(self) -> None:
        with self.settings(CACHEBUSTER={"HASH_LENGTH": 32}):
            self.collect()
            self.assertRegex(self.url("app/lone.js"), r"lone\.[0-9a-f]{32}\.js$")


class CompressorTests(SiteTestCase):
    """cachebuster.compressors; what their output does is compared in Chromium"""

    def test_script_that_does_not_parse(self) -> None:
        with self.assertRaises(CompressorError):
            TdewolffCompressor(verbose=False).compress_js("function (")

    def test_script_with_a_nul_character(self) -> None:
        with self.assertRaises(CompressorError):
            TdewolffCompressor(verbose=False).compress_js("a = 1;\0b = 2;")

    def test_script_that_calls_eval(self) -> None:
        compressor = TdewolffCompressor(verbose=False)
        for script in ("const a = 1; eval('a');", "x = eval ('1')"):
            with self.subTest(script), self.assertRaises(CompressorError):
                compressor.compress_js(script)
        compressor.compress_js("medieval(1); table.eval(2);")

    def test_nothing(self) -> None:
        self.assertEqual(TdewolffCompressor(verbose=False).compress_js(" \n"), "")
        self.assertEqual(RcssminCompressor(verbose=False).compress_css(""), "")
