from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import SimpleTestCase

FOLDER = Path(settings.BASE_DIR, "locale")
SOURCE = "en"  # what the templates are written in


class CatalogueTests(SimpleTestCase):
    """What is translated, and what was compiled from it"""

    def test_every_text_is_translated_and_compiled(self) -> None:
        for language in dict(settings.LANGUAGES).keys() - {SOURCE}:
            folder = FOLDER / language / "LC_MESSAGES"
            texts = read_po(BytesIO((folder / "django.po").read_bytes()))
            for text in filter(lambda text: text.id, texts):
                with self.subTest(language=language, text=text.id):
                    self.assertTrue(text.string and all(text.string))
                    self.assertFalse(text.fuzzy)
            fresh = BytesIO()
            write_mo(fresh, texts)
            kept = self.read((folder / "django.mo").read_bytes())
            self.assertEqual(kept, self.read(fresh.getvalue()), "compile it again")

    def read(self, compiled: bytes) -> dict[object, str]:
        texts = GNUTranslations(BytesIO(compiled))._catalog
        return {key: text for key, text in texts.items() if key}
