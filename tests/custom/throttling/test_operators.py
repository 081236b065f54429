"""What operators and staff see and change."""

import re
import tempfile
import time
from io import StringIO
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client, TestCase, override_settings
from django.urls import reverse
from structlog.testing import capture_logs

from custom.limits import overrides
from custom.limits.overrides import publish_overrides, rate_of_user
from custom.tasks import publish_rates
from custom.transactions import run_in_transaction
from partner.models import Partner, PartnerMember, PartnerRate
from tests.custom.throttling.limits import FreshLimits, own_limits
from tests.pages import save_page
from tests.partner.factories import PartnerFactory
from tests.processes import run_python
from tests.users.factories import UserFactory, create_token
from users.models import User, UserRate

SHOP = "/api/shop/"
COUNTER = "shop_rate_limited_requests_total"


class OperatorTestCase(FreshLimits, TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = UserFactory(email="ada@example.com")
        _, secret = create_token(user=cls.user)
        cls.headers = {"Authorization": f"Token {secret}"}

    def setUp(self) -> None:
        super().setUp()
        overrides._table.cache_clear()
        self.enterContext(override_settings(RATE_PER_MINUTE="4/min"))

    def get(self, headers: dict[str, str] | None = None, **options: Any) -> Any:  # noqa: ANN401
        return self.client.get(SHOP, headers=headers, **options)


class WindowTests(OperatorTestCase):
    """GET /api/rate-limit/"""

    url = "/api/rate-limit/"

    def windows(self, **headers: str) -> list[dict[str, Any]]:
        answer = self.client.get(self.url, headers=headers)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer["Cache-Control"], "private, no-store")
        self.assertEqual(answer["X-RateLimit-Limit"], "4")
        self.assertNotIn("X-RateLimit-Remaining", answer.headers)
        self.assertEqual(list(answer.json()), ["windows"])
        return answer.json()["windows"]

    @override_settings(
        RATE_LOGIN="2/min,3/hour",
        RATE_REGISTRATION="",
        RATE_PASSWORD_RESET="",
        RATE_VOUCHER="",
        RATE_ORDER="7/min",
        RATE_EXPORT="",
    )
    def test_an_address(self) -> None:
        began = time.monotonic()
        self.get()
        self.client.post("/api/user/login/", {"email": "x", "password": "y"})
        windows = self.windows()
        spent = time.monotonic() - began
        for window in windows:
            latest, reset = window["window"], window["reset"]
            window["reset"] = reset and latest - spent <= reset <= latest
        shape = ("scope", "counts", "limit", "window", "remaining", "reset")
        self.assertEqual(
            windows,
            [
                dict(zip(shape, values, strict=True))
                for values in (
                    ("per_minute", "address", 4, 60, 3, True),
                    ("login", "address", 3, 3600, 2, True),
                    ("order", "address", 7, 60, 7, 0),
                )
            ],
        )

    @override_settings(
        RATE_LOGIN="",
        RATE_REGISTRATION="",
        RATE_PASSWORD_RESET="",
        RATE_VOUCHER="",
        RATE_ORDER="7/min,9/min",
        RATE_EXPORT="",
    )
    def test_an_account(self) -> None:
        self.get(self.headers)
        told = [
            (each["scope"], each["counts"], each["limit"], each["remaining"])
            for each in self.windows(**self.headers)
        ]
        self.assertEqual(
            told,
            [
                ("per_minute", "account", 4, 3),
                ("order", "account", 7, 7),
                ("order", "address", 9, 9),
            ],
        )

    def test_it_costs_nothing_and_one_query(self) -> None:
        for _ in range(9):
            self.windows()
        self.assertEqual(self.get()["X-RateLimit-Remaining"], "3")
        self.windows(**self.headers)
        with self.assertNumQueries(1):
            self.windows(**self.headers)

    def test_it_answers_when_nothing_is_left(self) -> None:
        for _ in range(5):
            self.get()
        self.assertEqual(self.get().status_code, 429)
        self.assertEqual(self.windows()[0]["remaining"], 0)

    def test_what_it_does_not_know(self) -> None:
        answer = self.client.get(f"{self.url}?nonsense=1")
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(answer["X-RateLimit-Remaining"], "3")  # no free answer
        self.assertEqual(self.client.post(self.url).status_code, 405)


class CommandTests(OperatorTestCase):
    """manage.py ratelimit"""

    def run_command(self, *arguments: str) -> str:
        out = StringIO()
        call_command("ratelimit", *arguments, stdout=out)
        return out.getvalue()

    def test_an_account_by_id_and_by_email(self) -> None:
        self.get(self.headers)
        for name in (str(self.user.pk), "ADA@example.com"):
            shown = self.run_command("show", name)
            self.assertRegex(
                shown, r"(?m)^per_minute +3 of 4 left in 60 s; one frees in "
            )
        for _ in range(5):
            self.get(self.headers)
        self.assertEqual(self.get(self.headers).status_code, 429)
        self.assertIn(
            "7 windows are empty", self.run_command("reset", str(self.user.pk))
        )
        self.assertEqual(self.get(self.headers)["X-RateLimit-Remaining"], "3")

    def test_an_address(self) -> None:
        for address, spelled in (
            ("203.0.113.9", "::ffff:203.0.113.9"),
            ("2001:db8::7", "2001:db8::9"),
        ):
            for _ in range(5):
                self.get(REMOTE_ADDR=address)
            self.assertIn(
                "per_minute           0 of 4", self.run_command("show", spelled)
            )
            self.run_command("reset", spelled)
            self.assertEqual(self.get(REMOTE_ADDR=address).status_code, 200)

    @override_settings(RATE_LOGIN="1/min,9/min")
    def test_tries_of_an_address_nobody_has(self) -> None:
        body = {"email": "nobody@example.com", "password": "x"}

        def log_in() -> int:
            path = "/api/user/login/"
            return self.client.post(path, body, "application/json").status_code

        before = [log_in(), log_in()]
        self.run_command("reset", "Nobody@example.com")
        self.assertEqual([*before, log_in()], [401, 429, 401])

    def test_another_process_s_reset_is_noticed(self) -> None:
        for _ in range(5):
            self.get(REMOTE_ADDR="203.0.113.9")
        done = run_python(
            "manage.py",
            "ratelimit",
            "reset",
            "203.0.113.9",
            extra={"RATE_PER_MINUTE": "4/min"},
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        codes = {429}
        while 200 not in codes:  # within a second; the runner's limit ends it otherwise
            codes.add(self.get(REMOTE_ADDR="203.0.113.9").status_code)

    def test_who_is_nobody(self) -> None:
        with self.assertRaises(CommandError):
            self.run_command("show", "nonsense")

    def test_without_redis(self) -> None:
        with own_limits("redis://127.0.0.1:1/0"), capture_logs():
            for action in ("show", "reset"):
                with self.assertRaises(CommandError):
                    self.run_command(action, "5")


class OverrideTests(OperatorTestCase):
    """Rates of single accounts and of partners' people"""

    def limit(self) -> str:
        overrides._table.cache_clear()  # as if its few seconds were over
        return self.get(self.headers)["X-RateLimit-Limit"]

    def test_an_account_s_own(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            row = UserRate.objects.create(user=self.user, requests=9)
        answer = self.get(self.headers)
        self.assertEqual(answer["X-RateLimit-Limit"], "9")
        self.assertEqual(answer["X-RateLimit-Remaining"], "8")
        self.assertEqual(answer["RateLimit-Policy"], '"per_minute";q=9;w=60')
        self.assertEqual(self.get()["X-RateLimit-Limit"], "4")
        with self.captureOnCommitCallbacks(execute=True):
            row.delete()
        self.assertEqual(self.limit(), "4")

    def test_a_partner_s_people_while_they_are(self) -> None:
        first, second = PartnerFactory(), PartnerFactory()
        PartnerRate.objects.create(partner=first, requests=900, period=3600)
        PartnerRate.objects.create(partner=second, requests=100)
        with self.captureOnCommitCallbacks(execute=True):
            member = PartnerMember.objects.create(partner=first, user=self.user)
        self.assertEqual(self.limit(), "900")
        with self.captureOnCommitCallbacks(execute=True):
            PartnerMember.objects.create(partner=second, user=self.user)
        self.assertEqual(self.limit(), "100")  # a minute: the more generous one
        with self.captureOnCommitCallbacks(execute=True):
            UserRate.objects.create(user=self.user, requests=7)
        self.assertEqual(self.limit(), "7")
        with self.captureOnCommitCallbacks(execute=True):
            UserRate.objects.all().delete()
            second.is_active = False
            second.save()
        self.assertEqual(self.limit(), "900")
        with self.captureOnCommitCallbacks(execute=True):
            member.delete()
        self.assertEqual(self.limit(), "4")

    @override_settings(RATE_ORDER="1/min,9/min")
    def test_other_scopes(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            UserRate.objects.create(user=self.user, scope="order", requests=3)
        codes = [
            self.client.post(
                "/api/order/", {}, "application/json", headers=self.headers
            ).status_code
            for _ in range(4)
        ]
        self.assertEqual(codes, [400, 400, 400, 429])

    def test_requests_ask_no_database_for_them(self) -> None:
        UserRate.objects.create(user=self.user, requests=9)
        publish_overrides()
        for _ in range(2):
            overrides._table.cache_clear()
            with self.assertNumQueries(1):  # the token with its account
                self.get(self.headers)

    def test_the_scheduler_heals_a_redis_that_has_lost_them(self) -> None:
        UserRate.objects.create(user=self.user, requests=9)
        with self.assertNumQueries(2):
            self.assertEqual(publish_rates(), 1)
        self.assertEqual(self.limit(), "9")

    def test_a_process_reads_them_again_after_some_seconds(self) -> None:
        self.assertIsNone(rate_of_user(self.user.pk, "per_minute"))
        table = overrides._table()
        UserRate.objects.create(user=self.user, requests=9)
        publish_overrides()
        table._read_at -= overrides.REFRESH_SECONDS + 1
        self.assertEqual(table.rate(self.user.pk, "per_minute"), (9, 60))

    def test_a_dead_redis_stops_nobody_from_saving(self) -> None:
        with (
            own_limits("redis://127.0.0.1:1/0"),
            capture_logs(),
            self.captureOnCommitCallbacks(execute=True),
        ):
            UserRate.objects.create(user=self.user, requests=9)
        self.assertEqual(UserRate.objects.count(), 1)

    def test_impossible_rates(self) -> None:
        for fields in (
            {"requests": 0},
            {"requests": 65536},
            {"requests": 5, "period": 7},
        ):
            row = UserRate(user=self.user, **fields)
            with self.assertRaises(ValidationError):
                row.full_clean()
            with self.assertRaises(IntegrityError):
                run_in_transaction(row.save)
        UserRate.objects.create(user=self.user, requests=1)
        again = UserRate(user=self.user, requests=2)
        with self.assertRaises(IntegrityError):
            run_in_transaction(again.save)
        self.assertEqual(str(UserRate.objects.get()), "1 in a minute (per_minute)")


class AdminTests(OperatorTestCase):
    """Staff give a rate on the page of an account or a partner"""

    def setUp(self) -> None:
        super().setUp()
        self.staff = Client()
        self.staff.force_login(
            User.objects.create_superuser(email="staff@example.com", password="x")
        )

    def post(self, page: str, pk: int, fields: dict[str, Any], **inlines: int) -> None:
        form: dict[str, Any] = dict(fields)
        for name, total in inlines.items():
            form |= {f"{name}-TOTAL_FORMS": total, f"{name}-INITIAL_FORMS": 0}
        url = reverse(f"admin:{page}_change", args=[pk])
        answer = save_page(self.staff, url, form)
        self.assertEqual(answer.status_code, 302, answer.content[-3000:])

    def test_an_account(self) -> None:
        self.post(
            "users_user",
            self.user.pk,
            {
                "email": self.user.email,
                "is_active": "on",
                "rates-0-scope": "per_minute",
                "rates-0-requests": "1000",
                "rates-0-period": "60",
                "rates-0-reason": "their own client",
                "rates-0-user": self.user.pk,
            },
            rates=1,
        )
        rate = UserRate.objects.get()
        self.assertEqual((rate.user, rate.rate), (self.user, (1000, 60)))

    def test_a_partner(self) -> None:
        partner = PartnerFactory()
        self.post(
            "partner_partner",
            partner.pk,
            {
                "name": partner.name,
                "is_active": "on",
                "rates-0-scope": "order",
                "rates-0-requests": "50",
                "rates-0-period": "3600",
                "rates-0-partner": partner.pk,
            },
            rates=1,
            members=0,
        )
        rate = PartnerRate.objects.get()
        self.assertEqual((rate.partner, rate.scope), (partner, "order"))
        self.assertEqual(Partner.objects.count(), 1)


class CounterTests(OperatorTestCase):
    """What Prometheus is told"""

    def test_of_all_processes(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            for number in range(2):
                done = run_python(
                    "-m",
                    "tests.custom.throttling.metering",
                    f"203.0.113.{number}",
                    extra={"PROMETHEUS_MULTIPROC_DIR": place},
                )
                self.assertEqual(done.returncode, 0, done.stderr)
            dead = run_python(
                "-m",
                "tests.custom.throttling.metering",
                "203.0.113.3",
                extra={
                    "PROMETHEUS_MULTIPROC_DIR": place,
                    "RATE_REDIS_URL": "redis://127.0.0.1:1/0",
                },
            )
        sample = COUNTER + r'\{outcome="(\w+)",scope="per_minute"\} (\S+)'
        counted = dict(re.findall(sample, dead.stdout))
        self.assertEqual(
            {name: float(value) for name, value in counted.items()},
            {"admitted": 4, "refused": 6, "shadowed": 2, "failed_open": 6},
        )

    def test_of_one_process(self) -> None:
        done = run_python("-m", "tests.custom.throttling.metering", "203.0.113.9")
        self.assertIn(
            COUNTER + '{outcome="refused",scope="per_minute"} 3.0',
            done.stdout,
        )
