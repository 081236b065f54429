import os
from pathlib import Path

from django.conf import settings
from django.test import RequestFactory, SimpleTestCase

from cachebuster.ranges import UnsatisfiableRangeError, read_range
from cachebuster.stamps import time_stamp
from cachebuster.storage import static_files
from cachebuster.views import accepted_encodings, static_serve
from tests.cachebuster.places import LONG_AGO, SOURCES, SiteTestCase

IMMUTABLE = "public, max-age=31536000, immutable"
PLAIN = "public, max-age=60, stale-while-revalidate=300"
LONE = "app/lone.js"
CONTENT = SOURCES[LONE].encode()


class ServingTestCase(SiteTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.hashed = f"/static/{static_files.hashed_files[LONE]}"
        self.hash = self.digest(self.hashed)
        self.plain = f"/static/{LONE}"

    def get(self, url: str, status: int = 200, **headers: str) -> dict[str, str]:
        """Return the headers of an answer, its body as ``body``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.client.get(url, headers=named)
        self.assertEqual(response.status_code, status, url)
        self.body = response.getvalue() if response.streaming else response.content
        return dict(response.headers)


class HeaderTableTests(ServingTestCase):
    """The table of docs/static-files.md, row by row"""

    def test_hashed_path(self) -> None:
        found = self.get(self.hashed)
        self.assertEqual(self.body, CONTENT)
        self.assertLessEqual(
            {
                "Cache-Control": IMMUTABLE,
                "ETag": f'"{self.hash}"',
                "Vary": "Accept-Encoding",
                "X-Content-Type-Options": "nosniff",
                "Access-Control-Allow-Origin": "*",
                "Cross-Origin-Resource-Policy": "cross-origin",
                "Content-Type": "text/javascript; charset=utf-8",
                "Content-Length": str(len(CONTENT)),
                "Accept-Ranges": "bytes",
            }.items(),
            found.items(),
        )
        self.assertNotIn("Content-Encoding", found)

    def test_hashed_path_compressed(self) -> None:
        for encoding, ending in (("br", "br"), ("gzip", "gz")):
            found = self.get(self.hashed, Accept_Encoding=encoding)
            self.assertEqual(found["Content-Encoding"], encoding)
            self.assertEqual(found["ETag"], f'"{self.hash}-{ending}"')
            self.assertEqual(found["Cache-Control"], IMMUTABLE)
            self.assertEqual(found["Vary"], "Accept-Encoding")
            self.assertEqual(found["Content-Type"], "text/javascript; charset=utf-8")
            self.assertEqual(found["Content-Length"], str(len(self.body)))
            self.assertLess(len(self.body), len(CONTENT))

    def test_hash_of_the_content_as_the_query(self) -> None:
        found = self.get(f"{self.plain}?{self.hash}")
        self.assertEqual(found["Cache-Control"], IMMUTABLE)
        self.assertEqual(self.body, CONTENT)

    def test_plain_path(self) -> None:
        found = self.get(self.plain)
        self.assertEqual(found["Cache-Control"], PLAIN)
        self.assertEqual(found["ETag"], f'"{self.hash}"')
        self.assertEqual(self.body, CONTENT)
        self.assertEqual(self.get(f"{self.plain}?v=3")["Cache-Control"], PLAIN)

    def test_plain_path_of_a_style_sheet_has_the_bytes_of_the_hashed_one(self) -> None:
        self.get("/static/app/style.css")
        plain = self.body
        self.get(self.url("app/style.css"))
        self.assertEqual(self.body, plain)

    def test_stamp_of_other_content(self) -> None:
        for stamp in ("0" * 20, "591423591225"):
            found = self.get(f"{self.plain}?{stamp}")
            self.assertEqual(found["Cache-Control"], "no-store")
            self.assertEqual(self.body, CONTENT)
            found = self.get(f"/static/{stamp}/{LONE}", 404)
            self.assertEqual(found["Cache-Control"], "no-store")

    def test_hashed_path_of_other_content(self) -> None:
        found = self.get(self.hashed.replace(self.hash, "0" * 20), 404)
        self.assertEqual(found["Cache-Control"], "no-store")

    def test_urls_of_old_with_a_right_stamp(self) -> None:
        path = Path(settings.STATIC_ROOT, LONE)
        os.utime(path, (0, LONG_AGO))  # not that of the hashed copy
        stamp = time_stamp(path)
        for url in (f"{self.plain}?{stamp}", f"/static/{stamp}/{LONE}"):
            with self.subTest(url):
                self.assertEqual(self.get(url)["Cache-Control"], PLAIN)
                self.assertEqual(self.body, CONTENT)
        found = self.get(f"/static/{self.hash}/{LONE}")
        self.assertEqual(found["Cache-Control"], IMMUTABLE)

    def test_stamp_of_a_file_of_which_only_the_hashed_copy_is_left(self) -> None:
        Path(settings.STATIC_ROOT, LONE).unlink()
        found = self.get(f"{self.plain}?591423591225")
        self.assertEqual(found["Cache-Control"], "no-store")

    def test_missing(self) -> None:
        found = self.get("/static/app/none.js", 404)
        self.assertEqual(found["Cache-Control"], "no-store")
        self.assertEqual(found["X-Content-Type-Options"], "nosniff")

    def test_not_modified(self) -> None:
        for url, wanted in ((self.hashed, IMMUTABLE), (self.plain, PLAIN)):
            for tag in (f'"{self.hash}"', f'"x", W/"{self.hash}"', "*"):
                with self.subTest(url=url, tag=tag):
                    found = self.get(url, 304, If_None_Match=tag)
                    self.assertEqual(found["Cache-Control"], wanted)
                    self.assertEqual(found["ETag"], f'"{self.hash}"')
                    self.assertEqual(self.body, b"")
                    self.assertNotIn("Content-Type", found)

    def test_tag_of_another_encoding_is_another_tag(self) -> None:
        brotli = f'"{self.hash}-br"'
        self.get(self.hashed, 200, If_None_Match=brotli)
        self.get(self.hashed, 304, If_None_Match=brotli, Accept_Encoding="br")
        self.get(self.hashed, 200, If_None_Match=f'"{self.hash}"', Accept_Encoding="br")

    def test_part(self) -> None:
        found = self.get(self.hashed, 206, Range="bytes=5-9", Accept_Encoding="br")
        self.assertEqual(self.body, CONTENT[5:10])
        self.assertEqual(found["Content-Range"], f"bytes 5-9/{len(CONTENT)}")
        self.assertEqual(found["Content-Length"], "5")
        self.assertEqual(found["ETag"], f'"{self.hash}"')
        self.assertEqual(found["Cache-Control"], IMMUTABLE)
        self.assertNotIn("Content-Encoding", found)

    def test_part_if_nothing_changed(self) -> None:
        self.get(self.hashed, 206, Range="bytes=0-1", If_Range=f'"{self.hash}"')
        for other in ('"other"', f'W/"{self.hash}"', "Wed, 21 Oct 2015 07:28:00 GMT"):
            with self.subTest(other):
                self.get(self.hashed, 200, Range="bytes=0-1", If_Range=other)
                self.assertEqual(self.body, CONTENT)

    def test_part_behind_the_end(self) -> None:
        found = self.get(self.hashed, 416, Range="bytes=99999-")
        self.assertEqual(found["Content-Range"], f"bytes */{len(CONTENT)}")
        self.assertEqual(found["Cache-Control"], "no-store")

    def test_ages_are_settings(self) -> None:
        ages = {"IMMUTABLE_MAX_AGE": 99, "PLAIN_MAX_AGE": 7}
        with self.settings(CACHEBUSTER=ages):
            self.assertIn("max-age=99,", self.get(self.hashed)["Cache-Control"])
            self.assertIn("max-age=7,", self.get(self.plain)["Cache-Control"])


class RequestTests(ServingTestCase):
    """What else may be asked of static_serve"""

    def test_nothing_outside_is_served(self) -> None:
        Path(self.home, "secret.txt").write_text("secret")
        Path(settings.STATIC_ROOT, "app", ".hidden").write_text("secret")
        compressed = f"{self.hashed.removeprefix('/static/')}.br"
        for path in (
            "../secret.txt",
            "app/../../secret.txt",
            "%2e%2e/secret.txt",
            "..%2fsecret.txt",
            "/etc/passwd",
            "//etc/passwd",
            "app//lone.js",
            "./app/lone.js",
            "app/./lone.js",
            "..\\secret.txt",
            "app/lone.js\0",
            "app/lone.js/",
            "app",
            "app/",
            "app/.hidden",
            "staticfiles.json",
            compressed,
            "",
            "lone.js",
            "anything/app/lone.js",
            "0123456789ab/../app/lone.js",
            "591423591225/../../etc/passwd",
            "../../../../etc/passwd.0123456789abcdef0123.x",
        ):
            with self.subTest(path):
                response = static_serve(RequestFactory().get("/"), path)
                self.assertEqual(response.status_code, 404)
                self.assertEqual(response["Cache-Control"], "no-store")
                if "\0" not in path:
                    answer = self.client.get(f"/static/{path}")
                    self.assertEqual(answer.status_code, 404)

    def test_methods(self) -> None:
        head = self.client.head(self.hashed)
        self.assertEqual(head.status_code, 200)
        self.assertEqual(head["Content-Length"], str(len(CONTENT)))
        self.assertEqual(head["Content-Type"], "text/javascript; charset=utf-8")
        for method in ("post", "put", "delete", "options"):
            self.assertEqual(getattr(self.client, method)(self.hashed).status_code, 405)

    def test_head_of_a_part_is_the_whole(self) -> None:
        head = self.client.head(self.hashed, headers={"Range": "bytes=0-1"})
        self.assertEqual(head.status_code, 200)
        self.assertEqual(head["Content-Length"], str(len(CONTENT)))

    def test_file_that_is_deleted_while_it_is_known(self) -> None:
        self.get(self.plain)
        path = Path(static_files.path(static_files.hashed_files[LONE]))
        content = path.read_bytes()
        path.unlink()
        self.assertEqual(self.get(self.plain, 404)["Cache-Control"], "no-store")
        path.write_bytes(content)
        self.get(self.plain)

    def test_compressed_copy_that_is_deleted_while_it_is_known(self) -> None:
        self.get(self.hashed, Accept_Encoding="br")
        hashed = static_files.path(static_files.hashed_files[LONE])
        Path(f"{hashed}.br").unlink()
        for _ in range(2):
            found = self.get(self.hashed, Accept_Encoding="br, gzip;q=0.1")
            self.assertEqual(found["Content-Encoding"], "gzip")

    def test_same_answer_on_two_servers(self) -> None:
        found = self.get(self.hashed, Accept_Encoding="br")
        with self.settings(STATIC_ROOT=str(self.home / "other")):
            self.collect()
            again = self.get(self.hashed, Accept_Encoding="br")
        for each in (found, again):
            del each["X-Request-ID"]
        self.assertEqual(found, again)
        self.assertNotIn("Last-Modified", found)

    def test_needs_neither_session_nor_database(self) -> None:
        found = self.get(self.hashed)  # a SimpleTestCase may not query
        self.assertNotIn("Set-Cookie", found)
        self.assertNotIn("Cookie", found["Vary"])

    def test_type_of_an_unknown_ending(self) -> None:
        self.write("app/notes.xyz", "?")
        self.collect()
        found = self.get(self.url("app/notes.xyz"))
        self.assertEqual(found["Content-Type"], "application/octet-stream")

    def test_bundle(self) -> None:
        found = self.get(self.url("js/app.js"))
        self.assertEqual(found["Cache-Control"], IMMUTABLE)
        self.assertIn(b"globalThis.second", self.body)


class AcceptedEncodingsTests(SimpleTestCase):
    """Accept-Encoding"""

    def test_what_is_chosen(self) -> None:
        for header, wanted in {
            "": (),
            "identity": (),
            "gzip, deflate, br, zstd": ("br", "gzip"),
            "gzip": ("gzip",),
            "GZIP": ("gzip",),
            "br;q=0.5, gzip;q=0.8": ("gzip", "br"),
            "br;q=0, gzip": ("gzip",),
            "*": ("br", "gzip"),
            "*;q=0": (),
            "br;q=0, *": ("gzip",),
            "br;q=nonsense": (),
            "brotli": (),
        }.items():
            with self.subTest(header):
                self.assertEqual(accepted_encodings(header), wanted)


class RangeTests(SimpleTestCase):
    """Range"""

    def test_what_is_wanted(self) -> None:
        for header, wanted in {
            "bytes=0-0": range(1),
            "bytes=0-": range(10),
            "bytes=3-5": range(3, 6),
            "bytes=3-99": range(3, 10),
            "bytes=-4": range(6, 10),
            "bytes=-99": range(10),
            "bytes=9-9": range(9, 10),
        }.items():
            with self.subTest(header):
                self.assertEqual(read_range(header, 10), wanted)

    def test_sent_whole_instead(self) -> None:
        for header in ("bytes=-", "bytes=0-1,3-4", "pages=1-2", "bytes=5-3", "x", ""):
            with self.subTest(header):
                self.assertIsNone(read_range(header, 10))

    def test_nothing_there(self) -> None:
        for header in ("bytes=10-", "bytes=99-100", "bytes=-0"):
            with self.subTest(header), self.assertRaises(UnsatisfiableRangeError):
                read_range(header, 10)
