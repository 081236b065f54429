import os
import time
from pathlib import Path
from unittest import mock

from django.conf import settings

from cachebuster.stamps import time_stamp
from cachebuster.storage import static_files
from tests.cachebuster.places import FRESH, LONG_AGO, SOURCES, SiteTestCase

HOUR = 3600
FALL_BACK = 1_761_438_600  # 2025-10-26 02:30 in Paris, for the first time


class TimeZoneMixin:
    """Local time as some server has it."""

    def live_in(self, zone: str) -> None:
        before = os.environ.get("TZ")

        def leave() -> None:
            if before is None:
                os.environ.pop("TZ", None)
            else:
                os.environ["TZ"] = before
            time.tzset()

        self.addCleanup(leave)
        os.environ["TZ"] = zone
        time.tzset()


class ContentNamesUrlTests(TimeZoneMixin, SiteTestCase):
    """What the stamp of old got wrong, each with that stamp as the control"""

    name = "app/lone.js"

    def both(self, text: str = "", *, at: float = LONG_AGO) -> tuple[str, str]:
        """Return the stamp of old and the URL, after an edit if there is a text."""
        if text:
            self.write(self.name, text, at=at)
        else:
            os.utime(self.sources / self.name, (at, at))
        self.collect()
        return time_stamp(self.sources / self.name), self.url(self.name)

    def test_equal_files_of_two_deploys_share_an_url(self) -> None:
        old, url = self.both()
        old_again, again = self.both(at=LONG_AGO + 37)
        self.assertNotEqual(old, old_again)
        self.assertEqual(url, again)

    def test_equal_files_of_two_time_zones_share_an_url(self) -> None:
        self.live_in("Europe/Paris")
        old, url = self.both()
        self.live_in("America/New_York")
        old_again, again = self.both()
        self.assertNotEqual(old, old_again)
        self.assertEqual(url, again)

    def test_two_edits_within_a_second(self) -> None:
        old, url = self.both("globalThis.lone = 1;\n")
        old_again, again = self.both("globalThis.lone = 2;\n", at=LONG_AGO + 0.4)
        self.assertEqual(old, old_again)
        self.assertNotEqual(url, again)

    def test_edit_under_a_fixed_time_as_in_reproducible_images(self) -> None:
        old, url = self.both("globalThis.lone = 1;\n", at=0)
        old_again, again = self.both("globalThis.lone = 2;\n", at=0)
        self.assertEqual(old, old_again)
        self.assertNotEqual(url, again)

    def test_edit_an_hour_later_when_clocks_fall_back(self) -> None:
        self.live_in("Europe/Paris")
        old, url = self.both("globalThis.lone = 1;\n", at=FALL_BACK)
        old_again, again = self.both("globalThis.lone = 2;\n", at=FALL_BACK + HOUR)
        self.assertEqual(old, old_again)
        self.assertNotEqual(url, again)

    def test_form_of_an_url(self) -> None:
        self.assertRegex(self.url(self.name), r"^/static/app/lone\.[0-9a-f]{20}\.js$")

    def test_change_of_a_file_that_is_referred_to(self) -> None:
        url = self.url("app/style.css")
        self.write("app/img/dot.svg", "<svg/>")
        self.collect()
        self.assertNotEqual(self.url("app/style.css"), url)


class FreshnessTests(SiteTestCase):
    """Development: every render and answer shows the file as it is"""

    backend = FRESH
    name = "app/lone.js"

    def body(self, url: str) -> bytes:
        response = self.client.get(url)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response["Cache-Control"], "no-cache")
        return response.getvalue()

    def test_edits_of_one_length_within_a_second(self) -> None:
        path = self.sources / self.name
        urls = set()
        for number in range(5):
            path.write_text(f"globalThis.lone = {number};\n")
            url = self.url(self.name)
            urls.add(url)
            self.assertEqual(self.body(url), path.read_bytes())
        self.assertEqual(len(urls), 5)

    def test_edit_that_puts_the_time_back(self) -> None:
        self.write(self.name, "globalThis.lone = 1;\n")
        url = self.url(self.name)
        self.write(self.name, "globalThis.lone = 2;\n")
        self.assertNotEqual(self.url(self.name), url)

    def test_settled_file_whose_time_is_put_back(self) -> None:
        with mock.patch("cachebuster.stamps.SETTLED", -1):
            path = self.write(self.name, "globalThis.lone = 1;\n")
            url, changed = self.url(self.name), path.stat().st_ctime_ns
            while path.stat().st_ctime_ns == changed:  # clocks of disks are coarse
                self.write(self.name, "globalThis.lone = 2;\n")
            self.assertNotEqual(self.url(self.name), url)

    def test_file_is_remembered_once_it_has_settled(self) -> None:
        kept = static_files._memory._kept
        path = self.write(self.name, "globalThis.lone = 1;\n")
        self.url(self.name)
        self.assertEqual(kept, {})  # it was made just now, whatever its time says
        with mock.patch("cachebuster.stamps.SETTLED", -1):
            self.url(self.name)
        self.assertEqual(list(kept), [(str(path), 20)])

    def test_url_has_the_hash_as_its_query(self) -> None:
        self.assertRegex(self.url(self.name), r"^/static/app/lone\.js\?[0-9a-f]{20}$")

    def test_bundle_is_put_together(self) -> None:
        url = self.url("js/app.js")
        first, second = (
            (self.sources / f"app/{name}.js").read_text()
            for name in ("first", "second")
        )
        self.assertEqual(self.body(url).decode(), f"{first}\n;{second}")
        self.write("app/second.js", "globalThis.second = 2;\n")
        self.assertNotEqual(self.url("js/app.js"), url)

    def test_bundle_of_styles_refers_to_files_from_where_it_is(self) -> None:
        body = self.body(self.url("css/app.css")).decode()
        self.assertIn('url("../app/img/dot.svg")', body)

    def test_unknown_file_has_its_plain_url(self) -> None:
        self.assertEqual(self.url("app/none.js"), "/static/app/none.js")

    def test_nothing_has_an_integrity(self) -> None:
        self.assertEqual(self.render('{% sri "js/app.js" %}'), "")

    def test_stamp_of_old(self) -> None:
        with self.settings(CACHEBUSTER={"STAMP": "mtime"}):
            stamp = time_stamp(self.sources / self.name)
            self.assertEqual(self.url(self.name), f"/static/app/lone.js?{stamp}")

    def test_missing_file_is_kept_by_nobody(self) -> None:
        response = self.client.get("/static/app/none.js")
        self.assertEqual(response.status_code, 404)
        self.assertEqual(response["Cache-Control"], "no-store")


class RollingDeployTests(SiteTestCase):
    """A new page, an old server, and a CDN in between"""

    def test_old_bytes_are_never_kept_under_a_new_url(self) -> None:
        old_root = settings.STATIC_ROOT
        new_root = str(self.home / "new")
        self.write("app/lone.js", "globalThis.lone = 'new';\n")
        with self.settings(STATIC_ROOT=new_root):
            self.collect()
            new_url = self.url("app/lone.js")
            stamp = self.digest(new_url)
        for url in (new_url, f"/static/app/lone.js?{stamp}"):
            with self.subTest(url):
                cache = ToyCache(self)
                with self.settings(STATIC_ROOT=old_root):
                    cache.get(url)
                self.assertNotIn(url, cache.kept)
                with self.settings(STATIC_ROOT=new_root):
                    self.assertEqual(cache.get(url), b"globalThis.lone = 'new';\n")
                self.assertIn(url, cache.kept)

    def test_page_of_the_release_before_still_finds_its_files(self) -> None:
        old_url, old_body = self.url("app/lone.js"), SOURCES["app/lone.js"].encode()
        self.write("app/lone.js", "globalThis.lone = 'new';\n")
        self.collect()
        self.assertNotEqual(self.url("app/lone.js"), old_url)
        response = self.client.get(old_url)
        self.assertEqual(response.getvalue(), old_body)
        self.assertIn("immutable", response["Cache-Control"])

    def test_damaged_file_of_another_release_is_not_served(self) -> None:
        path = Path(settings.STATIC_ROOT, "app", "lone.0123456789abcdef0123.js")
        path.write_text("something else")
        response = self.client.get("/static/app/lone.0123456789abcdef0123.js")
        self.assertEqual(response.status_code, 404)


class ToyCache:
    """A CDN that keeps whatever may be kept, by the whole URL, for good."""

    def __init__(self, test: SiteTestCase) -> None:
        self.client = test.client
        self.kept: dict[str, bytes] = {}

    def get(self, url: str) -> bytes:
        if url not in self.kept:
            response = self.client.get(url)
            body = response.getvalue() if response.streaming else response.content
            if "no-store" in response["Cache-Control"]:
                return body
            self.kept[url] = body
        return self.kept[url]
