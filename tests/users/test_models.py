from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import TestCase
from django.utils import timezone
from knox.crypto import hash_token
from knox.models import AuthToken as StockToken
from knox.models import get_token_model

from tests.users.factories import UserFactory, create_token
from users.models import AuthToken, User


class UserTests(TestCase):
    """users.User"""

    def test_the_address_is_kept_as_typed_and_normalised(self) -> None:
        user = UserFactory(email="Ada.Lovelace@Example.COM")
        user.refresh_from_db()
        self.assertEqual(user.email, "Ada.Lovelace@Example.COM")
        self.assertEqual(user.email_normalized, "ada.lovelace@example.com")

    def test_the_normalised_address_follows_a_change(self) -> None:
        user = UserFactory()
        user.email = "New@Example.com"
        user.save()
        user.refresh_from_db()
        self.assertEqual(user.email_normalized, "new@example.com")

    def test_bulk_create_normalises_too(self) -> None:
        User.objects.bulk_create([User(email="A@x.org"), User(email="B@x.org")])
        self.assertEqual(
            list(User.objects.values_list("email_normalized", flat=True)),
            ["a@x.org", "b@x.org"],
        )

    def test_the_database_refuses_another_spelling(self) -> None:
        UserFactory(email="ada@example.com")
        with self.assertRaises(IntegrityError), transaction.atomic():  # noqa: TID251
            UserFactory(email="ADA@example.com")
        self.assertEqual(User.objects.count(), 1)

    def test_a_form_names_the_address_that_is_taken(self) -> None:
        UserFactory(email="ada@example.com")
        user = User(email="ADA@example.com", password="!")
        with self.assertRaises(ValidationError) as caught:
            user.full_clean()
        faults = caught.exception.error_dict
        self.assertEqual(list(faults), ["email"])
        self.assertEqual([fault.code for fault in faults["email"]], ["unique"])

    def test_a_form_does_not_take_an_account_for_its_own_rival(self) -> None:
        user = UserFactory()
        self.assertIsNone(user.full_clean())

    def test_similar_letters_are_different_addresses(self) -> None:
        UserFactory(email="a@münchen.de")
        UserFactory(email="a@munchen.de")
        self.assertEqual(User.objects.with_email("A@MUNCHEN.de").count(), 1)

    def test_emoji_survive(self) -> None:
        pk = UserFactory(first_name="Zoë 🎬", last_name="🍎").pk
        user = User.objects.get(pk=pk)
        self.assertEqual(user.get_full_name(), "Zoë 🎬 🍎")

    def test_the_address_stands_in_for_names(self) -> None:
        user = User(email="ada@example.com")
        self.assertEqual(user.get_full_name(), "ada@example.com")
        self.assertEqual(user.get_short_name(), "ada@example.com")
        self.assertEqual(str(user), "ada@example.com")

    def test_an_address_is_verified_once_there_is_a_date(self) -> None:
        user = User(email="ada@example.com")
        self.assertIs(user.is_email_verified, False)
        user.email_verified_at = timezone.now()
        self.assertIs(user.is_email_verified, True)


class UserManagerTests(TestCase):
    """users.User.objects"""

    def test_login_finds_any_spelling(self) -> None:
        user = UserFactory(email="ada@example.com")
        self.assertEqual(User.objects.get_by_natural_key(" ADA@example.com"), user)

    def test_nobody_has_no_address(self) -> None:
        with self.assertRaises(User.DoesNotExist):
            User.objects.get_by_natural_key(None)

    def test_without_a_password_none_opens_the_account(self) -> None:
        user = User.objects.create_user("ada@example.com")
        self.assertIs(user.has_usable_password(), False)

    def test_a_superuser_may_do_everything(self) -> None:
        user = User.objects.create_superuser("root@example.com", "secret")
        self.assertIs(user.is_staff, True)
        self.assertIs(user.is_superuser, True)
        self.assertIs(user.check_password("secret"), True)


class AuthTokenTests(TestCase):
    """users.AuthToken, swapped into knox"""

    def test_knox_uses_this_model_and_none_of_its_own(self) -> None:
        self.assertIs(get_token_model(), AuthToken)
        self.assertEqual(StockToken._meta.swapped, "users.AuthToken")
        tables = connection.introspection.table_names()
        self.assertEqual([name for name in tables if name.startswith("knox")], [])

    def test_only_a_digest_of_the_secret_is_stored(self) -> None:
        token, secret = create_token(device="Ada's phone 📱")
        token.refresh_from_db()
        self.assertEqual(token.digest, hash_token(secret))
        self.assertEqual(token.token_key, secret[:15])
        self.assertEqual(len(secret), 64)
        self.assertEqual(token.device, "Ada's phone 📱")
        row = AuthToken.objects.filter(pk=token.pk).values().get()
        self.assertNotIn(secret, [str(value) for value in row.values()])

    def test_its_name_tells_neither_the_secret_nor_whose_it_is(self) -> None:
        """The admin's log keeps it after the owner was forgotten."""
        token, secret = create_token(device="Ada Lovelace's phone")
        self.assertEqual(str(token), f"{secret[:15]}…")

    def test_a_token_lives_thirty_days(self) -> None:
        before = timezone.now()
        token, _ = create_token()
        self.assertLess(
            abs(token.expiry - before - timedelta(days=30)), timedelta(seconds=5)
        )

    def test_the_digest_is_compared_byte_for_byte_by_a_unique_index(self) -> None:
        token, _ = create_token()
        lookup = AuthToken.objects.for_authentication
        self.assertEqual(lookup(token.digest).count(), 1)
        self.assertEqual(lookup(token.digest.upper()).count(), 0)
        plan = lookup(token.digest).explain()
        self.assertIn("users_authtoken const ", plan)
        self.assertIn(" digest 130 const 1 ", plan)  # the index's name and width

    def test_the_moment_of_expiry_is_too_late(self) -> None:
        token, _ = create_token()
        moment = timedelta(microseconds=1)
        self.assertIs(token.is_expired(token.expiry - moment), False)
        self.assertIs(token.is_expired(token.expiry), True)

    def test_a_use_counts_after_fifteen_minutes(self) -> None:
        token, _ = create_token()
        pause = timedelta(minutes=15)
        moment = timedelta(microseconds=1)
        used = token.last_used_at
        self.assertIs(token.is_extendable(used + pause - moment), False)
        self.assertIs(token.is_extendable(used + pause), True)
