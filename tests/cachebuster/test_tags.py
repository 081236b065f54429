import os
from pathlib import Path
from unittest import mock

from django import forms
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.template import Context, Template, TemplateSyntaxError
from django.templatetags.static import static as django_static

from cachebuster.stamps import time_stamp
from cachebuster.storage import static_files
from tests.cachebuster.places import FRESH, SOURCES, SiteTestCase

LONE = "app/lone.js"


class StaticTagTests(SiteTestCase):
    """{% static %}"""

    def test_constant(self) -> None:
        url = self.render('{% static "app/lone.js" %}')
        self.assertRegex(url, r"^/static/app/lone\.[0-9a-f]{20}\.js$")

    def test_every_way_to_name_a_file(self) -> None:
        wanted = self.url(LONE)
        for source in (
            "{% static 'app/lone.js' %}",
            "{% static name %}",
            '{% static folder|add:"/lone.js" %}',
            '{% static "app/lone.js" as url %}{{ url }}',
            "{% static name as url %}{{ url }}",
            # The second argument of old, which forced a stamp.
            '{% static "app/lone.js" True %}',
            "{% static name force %}",
            "{% static name True as url %}{{ url }}",
        ):
            with self.subTest(source):
                made = self.render(source, name=LONE, folder="app", force=True)
                self.assertEqual(made, wanted)

    def test_is_kept_in_the_variable_alone(self) -> None:
        self.assertEqual(self.render('{% static "app/lone.js" as url %}'), "")

    def test_bad_syntax(self) -> None:
        for source in (
            "{% static %}",
            "{% static 'a' 'b' 'c' %}",
            "{% static 'a' as %}",
            "{% static as url %}",
            "{% static 'a'b %}",
        ):
            with self.subTest(source), self.assertRaises(TemplateSyntaxError):
                self.render(source)

    def test_escaped_as_html(self) -> None:
        self.write("app/a&b.js", "globalThis.c = 1;")
        self.collect()
        url = self.url("app/a&b.js")
        self.assertRegex(url, r"^/static/app/a&amp;b\.[0-9a-f]{20}\.js$")
        unescaped = self.render(
            "{% autoescape off %}{% static name %}{% endautoescape %}",
            name="app/a&b.js",
        )
        self.assertRegex(unescaped, r"^/static/app/a&b\.[0-9a-f]{20}\.js$")

    def test_fragment_is_kept(self) -> None:
        url = self.url("app/img/dot.svg#part")
        self.assertRegex(url, r"^/static/app/img/dot\.[0-9a-f]{20}\.svg#part$")

    def test_file_that_nobody_collected(self) -> None:
        for name in ("app/none.js", "", "../../etc/passwd", "/etc/passwd"):
            with self.subTest(name), self.assertRaises(ValueError):
                self.url(name)
        with self.settings(CACHEBUSTER={"STRICT": False}):
            self.assertEqual(self.url("app/none.js"), "/static/app/none.js")

    def test_takes_the_place_of_djangos_library(self) -> None:
        made = Template(
            "{% load static %}{% static 'app/lone.js' %} {% get_static_prefix %} "
            "{% get_media_prefix as prefix %}{{ prefix }}"
        ).render(Context())
        self.assertEqual(made, f"{self.url(LONE)} /static/ /media/")

    def test_pages_never_look_at_the_disk(self) -> None:
        template = Template(
            '{% load cachebuster %}{% static "app/lone.js" %}{% static name %}'
            '{% static "css/app.css" %}{% sri "css/app.css" %}{% media "a.png" %}'
        )
        context = {"name": "js/app.js"}
        self.restart()
        template.render(Context(context))  # the manifest is read once
        looks = ("stat", "lstat", "open", "scandir", "listdir", "fstat")
        patches = [
            self.enterContext(mock.patch.object(os, look, side_effect=AssertionError))
            for look in looks
        ]
        patches.append(
            self.enterContext(mock.patch("builtins.open", side_effect=AssertionError))
        )
        for _ in range(3):
            template.render(Context(context))
        self.assertEqual([patch.call_count for patch in patches], [0] * len(patches))
        names = {"app/lone.js", "js/app.js", "css/app.css"}
        self.assertEqual(set(static_files.urls), names)


class AgreementTests(SiteTestCase):
    """Whoever names a file gets the same URL"""

    def test_form_media(self) -> None:
        media = forms.Media(js=[LONE], css={"all": ["app/style.css"]})
        self.assertIn(f'src="{self.url(LONE)}"', str(media))
        self.assertIn(f'href="{self.url("app/style.css")}"', str(media))

    def test_function_of_django(self) -> None:
        self.assertEqual(django_static(LONE), self.url(LONE))

    def test_tags_of_pipeline(self) -> None:
        script = self.render("{% load pipeline %}{% javascript 'app' %}").strip()
        sri = self.render("{% sri 'js/app.js' %}")
        self.assertEqual(
            script, f'<script src="{self.url("js/app.js")}" {sri}></script>'
        )
        sheet = self.render("{% load pipeline %}{% stylesheet 'app' %}").strip()
        sri = self.render("{% sri 'css/app.css' %}")
        self.assertEqual(
            sheet, f'<link rel="stylesheet" href="{self.url("css/app.css")}" {sri}>'
        )
        self.assertRegex(
            sri, r'^integrity="sha384-[\w+/]{64}" crossorigin="anonymous"$'
        )

    def test_in_development_too(self) -> None:
        with self.settings(
            STORAGES=settings.STORAGES | {"staticfiles": {"BACKEND": FRESH}}
        ):
            url = self.url("js/app.js")
            self.assertIn(
                f'src="{url}"', self.render("{% load pipeline %}{% javascript 'app' %}")
            )
            self.assertIn(f'src="{url}"', str(forms.Media(js=["js/app.js"])))
            self.assertEqual(list(Path(settings.STATIC_ROOT).glob("*/stats*")), [])


class MediaTagTests(SiteTestCase):
    """{% media %} and the names of uploads"""

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(self.settings(MEDIA_ROOT=str(self.home / "media")))

    def upload(self, name: str, text: str) -> str:
        return default_storage.save(name, ContentFile(text.encode()))

    def test_name_carries_the_content(self) -> None:
        first = self.upload("papers/terms.pdf", "one")
        self.assertRegex(first, r"^papers/terms\.[0-9a-f]{40}\.pdf$")
        inode = Path(default_storage.path(first)).stat().st_ino
        self.assertEqual(self.upload("papers/terms.pdf", "one"), first)
        self.assertEqual(Path(default_storage.path(first)).stat().st_ino, inode)
        self.assertNotEqual(self.upload("papers/terms.pdf", "two"), first)
        with default_storage.open(first) as file:
            self.assertEqual(file.read(), b"one")

    def test_long_name_leaves_room_for_the_hash(self) -> None:
        content = ContentFile(b"one")
        name = default_storage.save(
            "papers/" + "x" * 90 + ".pdf", content, max_length=100
        )
        self.assertEqual(len(name), 100)
        self.assertTrue(name.endswith(".pdf"))

    def test_url(self) -> None:
        name = self.upload("papers/terms & more.pdf", "one")
        made = self.render("{% media name %}", name=name)
        self.assertEqual(made, "/media/" + name.replace(" ", "%20").replace("&", "%26"))
        self.assertEqual(
            self.render("{% media name as url %}[{{ url }}]", name="a.png"),
            "[/media/a.png]",
        )

    def test_stamp_of_old(self) -> None:
        name = self.upload("papers/terms.pdf", "one")
        with self.settings(CACHEBUSTER={"STAMP": "mtime"}):
            stamp = time_stamp(default_storage.path(name))
            self.assertEqual(
                self.render("{% media name %}", name=name), f"/media/{name}?{stamp}"
            )
            self.assertEqual(
                self.render("{% media 'papers/none.pdf' %}"), "/media/papers/none.pdf"
            )


class OldStampTests(SiteTestCase):
    """CACHEBUSTER["STAMP"] = "mtime" """

    options = {"STAMP": "mtime"}

    def test_query_is_the_time_of_the_file(self) -> None:
        path = Path(settings.STATIC_ROOT, LONE)
        os.utime(path, (0, 1_700_000_000))
        self.assertEqual(self.url(LONE), f"/static/{LONE}?{time_stamp(path)}")
        self.assertRegex(self.url(LONE), r"\?[0-9]{12}$")

    def test_is_never_immutable(self) -> None:
        os.utime(Path(settings.STATIC_ROOT, LONE), (0, 1_700_000_000))
        response = self.client.get(self.url(LONE))
        self.assertEqual(response.getvalue(), SOURCES[LONE].encode())
        self.assertEqual(
            response["Cache-Control"], "public, max-age=60, stale-while-revalidate=300"
        )

    def test_unknown_file(self) -> None:
        with self.assertRaises(ValueError):
            self.url("app/none.js")
        with self.settings(CACHEBUSTER={"STAMP": "mtime", "STRICT": False}):
            self.assertEqual(self.url("app/none.js"), "/static/app/none.js")

    def test_has_no_integrity(self) -> None:
        self.assertEqual(self.render("{% sri 'js/app.js' %}"), "")
