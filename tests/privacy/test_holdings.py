import re
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.test import SimpleTestCase, TestCase

from custom.privacy.batches import values_in_batches
from custom.privacy.holdings import holdings, not_personal, retentions
from tests.users.factories import UserFactory
from users.models import User
from users.selectors import person_of

# What columns are called that tell of a person, or hold what somebody typed.
SUSPICIOUS = re.compile(
    r"e?mail|phone|(first|last|full|user)_?name|company|line\d|street|city|post_?code"
    r"|address|(^|_)ip(_|$)|agent|birth|vat|note|comment|reason|text|message|device"
    r"|payload|detail|customer|caller|holder|repr|serialized|session_data|tracking"
)
FREE = (
    models.TextField,
    models.JSONField,
    models.EmailField,
    models.GenericIPAddressField,
)
# Tables that Django fills with its own names.
OWN_NAMES = {"auth.Permission", "auth.Group", "contenttypes.ContentType"}


def suspicious(model: type[models.Model]) -> Iterator[str]:
    """Yield the columns of a model that may tell of a person."""
    for field in (*model._meta.concrete_fields, *model._meta.local_many_to_many):
        if field.related_model is User or field.name == "password":
            yield field.name
        elif field.related_model is None and not field.primary_key:
            is_words = isinstance(field, models.CharField | models.TextField)
            is_named = is_words and SUSPICIOUS.search(field.name)
            if isinstance(field, FREE) or is_named:
                yield field.name


def declared() -> dict[str, set[str]]:
    """Return label of a model -> its columns that some declaration names."""
    known: dict[str, set[str]] = {}
    for each in holdings():
        known.setdefault(each.table._meta.label, set()).update(each.personal)
    for each in not_personal():
        label = apps.get_model(each.model)._meta.label
        known.setdefault(label, set()).update(each.columns)
    return known


class DeclarationTests(SimpleTestCase):
    """What the apps' ``privacy.py`` say, against every column there is"""

    def test_every_column_that_may_be_personal_is_declared(self) -> None:
        known = declared()
        missing = [
            f"{model._meta.label}.{name}"
            for model in apps.get_models()
            if model._meta.label not in OWN_NAMES
            for name in suspicious(model)
            if name not in known.get(model._meta.label, ())
        ]
        self.assertEqual(missing, [], "name them in the privacy.py of their app")

    def test_what_is_declared_is_there(self) -> None:
        for label, names in declared().items():
            for name in names:
                with self.subTest(label, column=name):
                    apps.get_model(label)._meta.get_field(name)
        with self.assertRaises(FieldDoesNotExist):  # it would tell
            User._meta.get_field("shoe_size")

    def test_a_column_nobody_declared_is_found(self) -> None:
        self.assertIn(
            "billing_address", set(suspicious(apps.get_model("orders.Order")))
        )
        self.assertIn("user", set(suspicious(apps.get_model("basket.Basket"))))
        self.assertNotIn("sku", set(suspicious(apps.get_model("orders.OrderLine"))))

    def test_every_kind_is_told_of_and_has_an_end(self) -> None:
        names = [each.name for each in holdings()]
        self.assertEqual(len(names), len(set(names)))
        for each in holdings():
            with self.subTest(each.name):
                self.assertRegex(each.name, r"\A[a-z_]+\Z")
                self.assertNotEqual(bool(each.shown), bool(each.unshown))
                self.assertTrue(each.erasure.endswith("."))
                if each.erase is None and not each.kept:
                    self.assertIn(" with ", each.erasure)  # what it goes with

    def test_nothing_secret_is_exported(self) -> None:
        secret = re.compile(r"password|digest|token|secret|key|data$|hash")
        shown = {name for each in holdings() for name in each.shown}
        self.assertEqual([name for name in shown if secret.search(name)], [])

    def test_an_account_is_erased_after_what_points_at_it(self) -> None:
        labels = [each.model for each in holdings()]
        last = labels.index("users.User")
        for model in apps.get_models():
            label = model._meta.label
            if label in labels and label.split(".")[0] in settings.AUTH_USER_MODEL:
                self.assertLessEqual(labels.index(label), last)


class RowTests(TestCase):
    """Every declaration can be asked"""

    def test_rows_and_columns_of_a_person_without_any(self) -> None:
        person = person_of(UserFactory())
        for each in holdings():
            with self.subTest(each.name):
                rows = list(values_in_batches(each.rows(person), each.shown))
                self.assertEqual(len(rows), 1 if each.name == "account" else 0)
                each.until(person)

    def test_what_is_due_of_nothing(self) -> None:
        for each in retentions():
            with self.subTest(each.data):
                self.assertEqual(each.due().count(), 0)
                self.assertEqual(each.apply(), 0)
