from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import TestCase, override_settings

from custom.models import OutboxMessage
from staff.factors import reset_factors
from tests.orders.stories import run_outbox
from tests.staff.codes import code_at, enrol
from tests.users.factories import PASSWORD, UserFactory

APP = "/admin/security/app/"


@override_settings(SHOP_NAME="Film <Shop>")
class FactorMailTests(TestCase):
    """Whose second step of signing in is changed is told"""

    def setUp(self) -> None:
        self.staff = UserFactory(
            email="staff@example.com", first_name="Ada", is_staff=True
        )

    def sign_in(self, *, code: bool = False) -> None:
        wanted = {"login": "staff@example.com", "password": PASSWORD}
        self.client.post("/admin/login/", wanted)
        if code:
            self.client.post("/admin/login/code/", {"code": code_at()})

    def post(self, path: str, **fields: str) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            self.client.post(path, fields)

    def assert_told(self, words: str) -> None:
        run_outbox()
        (sent,) = mail.outbox
        self.assertEqual(sent.to, ["staff@example.com"])
        self.assertEqual(sent.subject, "Film <Shop>: the second step of your sign-in")
        self.assertIn("Hello Ada,", sent.body)
        self.assertIn(words, sent.body)
        self.assertIn("choose another password at once", sent.body)
        self.assertIn("Film &lt;Shop&gt;", sent.alternatives[0][0])

    def test_set_up(self) -> None:
        self.sign_in()
        secret = self.client.get(APP).context["form"].secret
        self.post(APP, code=code_at(secret=secret))
        self.assertTrue(Authenticator.objects.exists())
        self.assert_told("now takes a code")

    def test_removed(self) -> None:
        enrol(self.staff)
        self.sign_in(code=True)
        self.post(f"{APP}remove/")
        self.assertFalse(Authenticator.objects.exists())
        self.assert_told("was removed")

    def test_new_recovery_codes(self) -> None:
        enrol(self.staff)
        self.sign_in(code=True)
        self.post("/admin/security/codes/new/")
        self.assert_told("new recovery codes")

    def test_reset_by_another(self) -> None:
        enrol(self.staff)
        reset_factors(self.staff, actor=UserFactory(is_superuser=True))
        self.assert_told("was reset for you")

    def test_a_closed_account_is_told_nothing(self) -> None:
        reset_factors(self.staff, actor=None)
        self.staff.is_active = False
        self.staff.save()
        run_outbox()
        self.assertEqual(mail.outbox, [])
        self.assertEqual(OutboxMessage.objects.get().state, "done")

    def test_in_the_shop_s_language(self) -> None:
        reset_factors(self.staff, actor=None)
        with override_settings(LANGUAGE_CODE="de"):
            run_outbox()
        (sent,) = mail.outbox
        self.assertIn("zurückgesetzt", sent.body)
