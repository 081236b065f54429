import re

from django.test import SimpleTestCase, TestCase, TransactionTestCase, override_settings
from django.urls import reverse
from reversion.models import Version

from partner.services import add_member
from tests.pages import save_page
from tests.partner.factories import PartnerFactory
from tests.processes import race
from tests.users.factories import PASSWORD, UserFactory, create_key
from users.checks import check_key_prefix
from users.errors import KeyOwnerError, PasswordWrongError, ScopesNotHeldError
from users.models import ApiKey, User
from users.services import make_key, make_own_key, revoke_key
from users.services.keys import MOST_KEYS

LIST = reverse("admin:users_apikey_changelist")
ADD = reverse("admin:users_apikey_add")
SECRET = re.compile(r"shop_live_[0-9a-f]{64}")


def make_owner() -> User:
    owner = UserFactory()
    add_member(partner=PartnerFactory(), user=owner)
    return owner


class MakeKeyTests(TestCase):
    """users.services.make_key"""

    def test_a_password_that_was_replaced_while_it_was_checked_makes_none(self) -> None:
        owner = make_owner()  # as read before the other request's UPDATE
        User.objects.update(password="!")
        with self.assertRaises(PasswordWrongError):
            make_own_key(owner, current=PASSWORD, name="x", scopes=["stock:read"])
        self.assertFalse(ApiKey.objects.exists())

    def test_only_superusers_make_keys_for_others_of_the_staff(self) -> None:
        clerk = UserFactory(is_staff=True)
        root = UserFactory(is_staff=True, is_superuser=True)
        wanted = {"name": "x", "scopes": ["catalogue:write"]}
        with self.assertRaises(KeyOwnerError):
            make_key(root, actor=clerk, **wanted)
        self.assertEqual(ApiKey.objects.count(), 0)
        made = make_key(root, actor=UserFactory(is_superuser=True), **wanted)
        self.assertEqual(made.key.user, root)

    def test_whoever_makes_it_the_owners_rights_bound_it(self) -> None:
        with self.assertRaises(ScopesNotHeldError):
            make_key(
                UserFactory(),
                name="x",
                scopes=["stock:read"],
                actor=UserFactory(is_superuser=True),
            )

    def test_its_history_has_no_digest(self) -> None:
        owner = make_owner()
        made = make_key(owner, name="Till", scopes=["stock:read"])
        revoke_key(made.key, actor=owner)
        versions = Version.objects.get_for_object(made.key)
        reasons = [each.revision.comment for each in versions]
        self.assertEqual(reasons, ["API key revoked.", "API key made."])
        for version in versions:
            self.assertEqual(version.revision.user, owner)
            self.assertNotIn(made.key.digest, version.serialized_data)
            self.assertNotIn(made.secret, version.serialized_data)

    def test_revoking_again_changes_nothing(self) -> None:
        key, _ = create_key()
        self.assertIs(revoke_key(key, actor=key.user), True)
        before = ApiKey.objects.values().get()
        self.assertIs(revoke_key(key, actor=key.user), False)
        self.assertEqual(ApiKey.objects.values().get(), before)


class KeyRaceTests(TransactionTestCase):
    """users.services.make_key, by many at once"""

    def test_no_account_gets_more_than_it_may(self) -> None:
        owner = make_owner()
        for _ in range(MOST_KEYS - 3):
            create_key(owner)
        outcomes = race("tests.users.calls.give_key", [{"owner": owner.pk}] * 8)
        refused = [each.code for each in outcomes if each.error]
        self.assertEqual(refused, ["too-many-keys"] * 5)
        self.assertEqual(ApiKey.objects.count(), MOST_KEYS)


class KeyAdminTests(TestCase):
    """API keys in the admin"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.root = UserFactory(is_staff=True, is_superuser=True)
        cls.owner = make_owner()

    def setUp(self) -> None:
        self.client.force_login(self.root)

    def wanted(self, **changes: object) -> dict[str, object]:
        wanted = {"user": self.owner.pk, "name": "Till", "scopes": ["stock:read"]}
        return wanted | {"expires_at_0": "", "expires_at_1": ""} | changes

    def test_the_secret_is_shown_once_and_kept_nowhere(self) -> None:
        answer = self.client.post(ADD, self.wanted())
        self.assertEqual(answer.status_code, 200)
        self.assertIn("no-store", answer.headers["Cache-Control"])
        (secret,) = set(SECRET.findall(answer.content.decode()))
        key = ApiKey.objects.get()
        self.assertEqual((key.user, key.created_by), (self.owner, self.root))
        self.assertEqual(key.scopes, ["stock:read"])
        answer = self.client.get(
            "/api/partner/stock/", headers={"Authorization": f"Token {secret}"}
        )
        self.assertEqual(answer.status_code, 200)
        for page in ("change", "history"):
            path = reverse(f"admin:users_apikey_{page}", args=[key.pk])
            shown = self.client.get(path).content.decode()
            self.assertIn(key.hint, shown)
            self.assertNotIn(secret, shown)
            self.assertNotIn(key.digest, shown)
        self.assertNotIn(secret, self.client.get(LIST).content.decode())

    def test_what_the_owner_lacks_is_refused_on_the_page(self) -> None:
        answer = self.client.post(ADD, self.wanted(scopes=["catalogue:write"]))
        self.assertContains(answer, "The owner may not do this: catalogue:write.")
        self.assertEqual(ApiKey.objects.count(), 0)

    def test_its_name_alone_can_be_changed(self) -> None:
        key, _ = create_key(self.owner, "stock:read")
        path = reverse("admin:users_apikey_change", args=[key.pk])
        values = {"name": "New", "scopes": ["stock:write"], "user": self.root.pk}
        answer = save_page(self.client, path, values)
        self.assertEqual(answer.status_code, 302)
        key.refresh_from_db()
        self.assertEqual(
            (key.name, key.scopes, key.user), ("New", ["stock:read"], self.owner)
        )

    def test_chosen_keys_are_revoked(self) -> None:
        first, second = create_key()[0], create_key()[0]
        chosen = {"action": "revoke", "_selected_action": [first.pk]}
        answer = self.client.post(LIST, chosen, follow=True)
        self.assertContains(answer, "1 keys are revoked.")
        first.refresh_from_db()
        second.refresh_from_db()
        self.assertIsNotNone(first.revoked_at)
        self.assertIsNone(second.revoked_at)

    def test_a_revoked_key_cannot_be_put_back(self) -> None:
        made = make_key(self.owner, name="Till", scopes=["stock:read"])
        revoke_key(made.key, actor=self.root)
        first = Version.objects.get_for_object(made.key).last()
        path = reverse("admin:users_apikey_revert", args=[made.key.pk])
        self.client.post(path, {"version": first.pk, "all": "1"})
        made.key.refresh_from_db()
        self.assertIsNotNone(made.key.revoked_at)


class KeyPrefixTests(SimpleTestCase):
    """users.checks.check_key_prefix"""

    def test_what_could_be_a_token_is_refused(self) -> None:
        for prefix in ("", "abc", "Shop_", "shop live_", "_", "1_", "a" * 32 + "_"):
            with override_settings(API_KEY_PREFIX=prefix):
                faults = check_key_prefix()
                self.assertEqual([each.id for each in faults], ["users.E001"], prefix)
        for prefix in ("shop_live_", "shop_", "shop_test_2_"):
            with override_settings(API_KEY_PREFIX=prefix):
                self.assertEqual(check_key_prefix(), [])
