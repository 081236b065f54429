from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from unittest import mock

from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, transaction
from django.db.models.signals import post_save
from django.http import HttpResponse
from django.test import Client, TransactionTestCase, override_settings
from django.urls import reverse
from lxml.html import fromstring
from reversion.models import Revision, Version

from catalogue.models import Product
from catalogue.services import NewVariant, create_category, create_product
from custom import transactions
from custom.models import HistoryBatch, OutboxMessage
from partner.models import StockMovement
from staff.models import AccessEntry
from tax.models import TaxClass, TaxRate
from tests.catalogue.factories import ProductTypeFactory, picture
from tests.custom.history.test_pages import form_of, page
from tests.pages import save_page
from tests.partner.factories import StockRecordFactory
from tests.tax.factories import make_tax_class
from tests.waiting import wait_until
from users.models import User

BUSY = "The shop is busy. Please try again in a moment."
WAIT = "SET SESSION innodb_lock_wait_timeout = 1"
ALL_GAPS = "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"
WAITS = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = %s"
# Nobody adds a revision: the last that a page does before it commits.
LAST_STEP = "SELECT id FROM reversion_revision FOR UPDATE"
NEXT_ENTRY = "SELECT id FROM django_admin_log FOR UPDATE"
DEADLOCK, LOCK_WAIT_TIMEOUT = 1213, 1205


class BusyCase(TransactionTestCase):
    """Staff save what somebody else, in a session of their own, keeps locked"""

    def setUp(self) -> None:
        self.staff = User.objects.create_superuser("s@example.com")
        self.client.force_login(self.staff)
        with connection.cursor() as cursor:
            cursor.execute(WAIT)
        self.addCleanup(connection.close)
        self.other: Any = connection.copy()
        self.addCleanup(self.other.close)
        self.other.set_autocommit(False)
        self.lost: list[int] = []

    def keep(self, *statements: str) -> None:
        self.let_go()
        with self.other.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def let_go(self) -> None:
        self.other.rollback()

    @contextmanager
    def kept_until_lost(self, *statements: str) -> Iterator[None]:
        """Keep locks until the page has lost one; exactly one is lost."""

        def watch(execute: Any, *statement: Any) -> Any:  # noqa: ANN401
            try:
                return execute(*statement)
            except OperationalError as error:
                self.lost.append(error.args[0])
                self.let_go()
                raise

        self.lost = []
        self.keep(ALL_GAPS, *statements)
        with connection.execute_wrapper(watch):
            yield
        self.assertEqual(self.lost, [LOCK_WAIT_TIMEOUT])

    @contextmanager
    def two_tries(self) -> Iterator[None]:
        with (
            mock.patch.object(transactions, "MAX_TRIES", 2),
            self.assertLogs("custom.transactions", "WARNING"),
        ):
            yield

    def counts(self) -> tuple[int, ...]:
        models = (Revision, Version, LogEntry, OutboxMessage, HistoryBatch)
        return tuple(model.objects.count() for model in models)

    def assert_busy(self, answer: HttpResponse) -> None:
        self.assertContains(answer, BUSY, status_code=503)
        self.assertEqual(answer.headers["Retry-After"], "1")
        for rule in ("no-store", "private"):
            self.assertIn(rule, answer.headers["Cache-Control"])

    def again(self, url: str, answer: HttpResponse) -> HttpResponse:
        """Press the button of the page that keeps what was sent, as a browser does."""
        (form,) = fromstring(answer.content).xpath("//form[.//text()='Send it again']")
        self.assertEqual((form.method, form.action), ("POST", None))  # to its address
        values: dict[str, list[str]] = {}
        for name, value in form.form_values():
            values.setdefault(name, []).append(value)
        return self.client.post(url, values)


class ProductCase(BusyCase):
    def setUp(self) -> None:
        super().setUp()
        self.product = create_product(
            product_type=ProductTypeFactory(),
            title="The Third Man",
            variants=[NewVariant(sku="T-1")],
        )
        self.url = page("change", self.product.pk)
        self.row = f"SELECT id FROM catalogue_product WHERE id = {self.product.pk}"  # noqa: S608
        self.row += " FOR UPDATE"

    def save(self, **values: object) -> HttpResponse:
        return save_page(self.client, self.url, form_of(self.stored()) | values)

    def stored(self) -> Product:
        return Product.objects.get(pk=self.product.pk)

    def told(self, answer: HttpResponse) -> list[str]:
        return [str(each) for each in get_messages(answer.wsgi_request)]


class LostLockTests(ProductCase):
    """A page that loses a lock is done again, and all it does is done once"""

    def difference(self, title: str) -> tuple[object, ...]:
        """Save, and return what that has added, and how often its hook ran."""
        ran: list[int] = []

        def hook(**_signal: object) -> None:
            transaction.on_commit(lambda: ran.append(1))

        before = self.counts()
        post_save.connect(hook, sender=Product)
        try:
            answer = self.save(title=title)
        finally:
            post_save.disconnect(hook, sender=Product)
        self.assertEqual(answer.status_code, 302)
        told = len(self.told(answer))
        added = (now - then for now, then in zip(self.counts(), before, strict=True))
        return (*added, told, len(ran))

    def assert_made_once(self, statement: str) -> None:
        self.difference("The first, which is listed anew")
        calm = self.difference("Calm")
        revisions, _versions, entries, *_, told, _ran = calm
        self.assertEqual((revisions, entries, told), (1, 1, 1))
        with self.kept_until_lost(statement):
            self.assertEqual(self.difference("Lost"), calm)
        self.assertEqual((self.stored().title, self.stored().version), ("Lost", 4))

    def test_a_change_lost_at_its_first_lock_is_made_once(self) -> None:
        self.assert_made_once(self.row)

    def test_a_change_lost_at_its_last_step_is_made_once(self) -> None:
        self.assert_made_once(LAST_STEP)

    def test_a_row_is_added_once(self) -> None:
        values = {
            "name": "Books",
            "code": "books",
            "rates-TOTAL_FORMS": 0,
            "rates-INITIAL_FORMS": 0,
        }
        with self.kept_until_lost(LAST_STEP):
            answer = self.client.post(reverse("admin:tax_taxclass_add"), values)
        self.assertEqual(answer.status_code, 302)
        (row,) = TaxClass.objects.filter(code="books")
        self.assertEqual(Version.objects.get_for_object(row).count(), 1)
        self.assertEqual(LogEntry.objects.count(), 1)
        self.assertEqual(len(self.told(answer)), 1)

    def test_a_row_is_deleted_once(self) -> None:
        url = page("delete", self.product.pk)
        before = Revision.objects.count()
        with self.kept_until_lost(LAST_STEP):
            answer = self.client.post(url, {"post": "yes"})
        self.assertEqual(answer.status_code, 302)
        self.assertFalse(Product.objects.exists())
        self.assertEqual(Revision.objects.count(), before + 1)
        self.assertEqual((LogEntry.objects.count(), len(self.told(answer))), (1, 1))

    def test_an_action_is_one_step(self) -> None:
        values = {"action": "hide", "_selected_action": [self.product.pk]}
        with self.kept_until_lost(LAST_STEP):
            answer = self.client.post(page("changelist"), values)
        self.assertEqual(self.told(answer), ["1 product changed."])
        self.assertEqual((self.stored().is_public, self.stored().version), (False, 2))
        self.assertEqual(HistoryBatch.objects.count(), 1)

    def test_a_step_whose_entry_is_lost_is_taken_once(self) -> None:
        record = StockRecordFactory(num_in_stock=7)
        url = reverse("admin:partner_stocklevel_press", args=[record.pk, "count"])
        values = {"count-reason": "received", "count-units": 10, "count-seen": 7}
        with self.kept_until_lost(NEXT_ENTRY):
            self.assertEqual(self.client.post(url, values).status_code, 302)
        record.level.refresh_from_db()
        moved = StockMovement.objects.filter(reason="received").count()
        self.assertEqual((record.level.num_in_stock, moved), (17, 1))
        self.assertEqual(LogEntry.objects.count(), 1)

    def test_a_way_back_whose_entry_is_lost_is_gone_once(self) -> None:
        first = Version.objects.get_for_object(self.product).get()
        self.save(title="Another")
        before = self.counts()
        values = {"version": first.pk, "names": ["title"]}
        with self.kept_until_lost(NEXT_ENTRY):
            self.client.post(page("revert", self.product.pk), values)
        revisions, _versions, entries, *_ = self.counts()
        self.assertEqual((revisions, entries), (before[0] + 1, before[2] + 1))
        self.assertEqual(self.stored().title, "The Third Man")

    def test_what_was_deleted_is_recovered_once(self) -> None:
        self.client.post(page("delete", self.product.pk), {"post": "yes"})
        before = self.counts()
        (version,) = Version.objects.get_deleted(Product)
        with self.kept_until_lost(NEXT_ENTRY):
            self.client.post(page("recover", version.pk))
        revisions, _versions, entries, *_ = self.counts()
        self.assertEqual((revisions, entries), (before[0] + 1, before[2] + 1))
        self.assertEqual(self.stored().title, "The Third Man")

    def test_a_picture_in_memory_is_read_from_its_start_again(self) -> None:
        data = picture()
        values = {
            "images-TOTAL_FORMS": 1,
            "images-0-product": self.product.pk,
            "images-0-position": 0,
            "images-0-alt": "Red",
            "images-0-file": SimpleUploadedFile("red.png", data, "image/png"),
        }
        with self.kept_until_lost(LAST_STEP):
            self.assertEqual(self.save(**values).status_code, 302)
        (image,) = self.product.images.all()
        with default_storage.open(image.file.name) as stored:
            self.assertEqual((image.alt, stored.read()), ("Red", data))

    @override_settings(FILE_UPLOAD_MAX_MEMORY_SIZE=0)
    def test_a_picture_on_disk_is_read_from_its_start_again(self) -> None:
        self.test_a_picture_in_memory_is_read_from_its_start_again()


class DeadlockTests(BusyCase):
    """The page holds a class and wants its rate, another the other way round"""

    def test_the_page_that_loses_is_done_again(self) -> None:
        row = make_tax_class("books")
        rate = TaxRate.objects.create(tax_class=row, percent=7)
        ballast = [f"c-{number}" for number in range(30)]
        values = {
            "name": "Printed books",
            "code": row.code,
            "rates-TOTAL_FORMS": 1,
            "rates-INITIAL_FORMS": 1,
            "rates-0-id": rate.pk,
            "rates-0-tax_class": row.pk,
            "rates-0-country": "",
            "rates-0-percent": "5",
        }
        url = reverse("admin:tax_taxclass_change", args=[row.pk])
        seen = self.client.get(url).context["seen"]
        before = Revision.objects.count()
        # Who has written more wins.
        inserts = ", ".join(f"('{name}', '{name}')" for name in ballast)
        self.keep(
            f"INSERT INTO tax_taxclass (code, name) VALUES {inserts}",  # noqa: S608
            f"SELECT id FROM tax_taxrate WHERE id = {rate.pk} FOR UPDATE",  # noqa: S608
        )

        def want() -> None:
            with self.other.cursor() as cursor:
                cursor.execute(
                    f"SELECT id FROM tax_taxclass WHERE id = {row.pk} FOR UPDATE"  # noqa: S608
                )
            self.let_go()

        rival = Thread(target=want)

        def watch(execute: Any, sql: str, *others: Any) -> Any:  # noqa: ANN401
            if sql.startswith("UPDATE `tax_taxrate`") and not rival.ident:
                rival.start()
                # What the table tells is renewed when nobody has asked for 0.1 s.
                wait_until(self.is_waiting, "the wish for the class", pause=0.15)
            try:
                return execute(sql, *others)
            except OperationalError as error:
                self.lost.append(error.args[0])
                raise

        self.other.inc_thread_sharing()
        with connection.execute_wrapper(watch):
            answer = self.client.post(url, {**values, "_seen": seen})
        rival.join()
        # With the transaction its savepoints are gone.
        self.assertEqual((self.lost[0], self.lost.count(DEADLOCK)), (DEADLOCK, 1))
        self.assertEqual(answer.status_code, 302)
        row.refresh_from_db()
        rate.refresh_from_db()
        self.assertEqual((row.name, rate.percent), ("Printed books", 5))
        self.assertEqual(Revision.objects.count(), before + 1)
        self.assertEqual(LogEntry.objects.count(), 1)

    def is_waiting(self) -> bool:
        with connection.connection.cursor() as raw:
            raw.execute(WAITS, ["LOCK WAIT"])
            return bool(raw.fetchone()[0])


class GivenBackTests(ProductCase):
    """What stays locked is not saved, and nothing that was typed is lost"""

    def test_a_form_comes_back_as_it_was_typed(self) -> None:
        before = self.counts()
        self.keep(self.row)
        with self.two_tries():
            answer = self.save(
                title="Typed", **{"variants-0-sku": "T-2", "_reason": "Wrong before."}
            )
        self.assert_busy(answer)
        self.assertEqual((self.counts(), self.told(answer)), (before, []))
        self.assertEqual(self.stored().title, "The Third Man")
        self.assertContains(answer, 'value="Wrong before."', status_code=503)
        form = answer.context["adminform"].form
        (variants, *_) = answer.context["inline_admin_formsets"]
        self.assertEqual(form["title"].value(), "Typed")
        self.assertEqual(variants.formset.forms[0]["sku"].value(), "T-2")
        self.assertEqual(
            form.non_field_errors(),
            [f"{BUSY} What you typed is still here: save it again."],
        )
        self.let_go()
        values = form_of(self.stored()) | {"title": "Typed", "variants-0-sku": "T-2"}
        seen = {"_seen": answer.context["seen"]}
        self.assertEqual(self.client.post(self.url, values | seen).status_code, 302)
        self.assertEqual((self.stored().title, self.stored().version), ("Typed", 2))

    def test_files_are_to_be_chosen_again(self) -> None:
        self.keep(self.row)
        file = SimpleUploadedFile("red.png", picture(), "image/png")
        values = {"images-TOTAL_FORMS": 1, "images-0-file": file}
        with self.two_tries():
            answer = self.save(**values)
        told = "save it again. Choose the files again: red.png."
        self.assertContains(answer, told, status_code=503)

    def test_a_new_row_comes_back_as_it_was_typed(self) -> None:
        self.keep(ALL_GAPS, LAST_STEP)
        values = {
            "name": "Typed",
            "code": "typed",
            "rates-TOTAL_FORMS": 0,
            "rates-INITIAL_FORMS": 0,
        }
        url = reverse("admin:tax_taxclass_add")
        with self.two_tries():
            answer = self.client.post(url, values)
        self.assert_busy(answer)
        form = answer.context["adminform"].form
        self.assertEqual(
            (form["name"].value(), form["code"].value()), ("Typed", "typed")
        )
        self.assertFalse(TaxClass.objects.filter(code="typed").exists())
        self.let_go()
        self.assertEqual(self.client.post(url, values).status_code, 302)

    def assert_sent_again(self, url: str, values: dict[str, Any]) -> None:
        before = self.counts()
        self.keep(ALL_GAPS, LAST_STEP)
        with self.two_tries():
            answer = self.client.post(url, values)
        self.assert_busy(answer)
        self.assertEqual((self.counts(), self.told(answer)), (before, []))
        self.let_go()
        self.assertEqual(self.again(url, answer).status_code, 302)

    def test_an_action_can_be_sent_again(self) -> None:
        values = {"action": "hide", "_selected_action": [self.product.pk]}
        self.assert_sent_again(page("changelist"), values)
        self.assertFalse(self.stored().is_public)

    def test_a_deletion_can_be_sent_again(self) -> None:
        self.assert_sent_again(page("delete", self.product.pk), {"post": "yes"})
        self.assertFalse(Product.objects.exists())

    def test_a_button_can_be_pressed_again(self) -> None:
        record = StockRecordFactory(num_in_stock=7)
        url = reverse("admin:partner_stocklevel_press", args=[record.pk, "count"])
        values = {"count-reason": "received", "count-units": 10, "count-seen": 7}
        self.keep("SELECT stock_record_id FROM partner_stocklevel FOR UPDATE")
        with self.two_tries():
            answer = self.client.post(url, values)
        self.assert_busy(answer)
        self.assertEqual(LogEntry.objects.count(), 0)
        self.let_go()
        self.assertEqual(self.again(url, answer).status_code, 302)
        record.level.refresh_from_db()
        moved = StockMovement.objects.filter(reason="received").count()
        self.assertEqual((record.level.num_in_stock, moved), (17, 1))

    def test_a_version_can_be_put_back_again(self) -> None:
        first = Version.objects.get_for_object(self.product).get()
        self.save(title="Another")
        url = page("revert", self.product.pk)
        self.keep(self.row)
        with self.two_tries():
            answer = self.client.post(url, {"version": first.pk, "names": ["title"]})
        self.assert_busy(answer)
        self.let_go()
        self.assertEqual(self.again(url, answer).status_code, 302)
        self.assertEqual(self.stored().title, "The Third Man")

    def test_a_script_is_answered_in_a_line_and_the_next_page_tells(self) -> None:
        films, books = (create_category(name=name) for name in ("Films", "Books"))
        self.keep("SELECT name FROM custom_namedlock FOR UPDATE")
        url = reverse("admin:catalogue_category_changelist")
        values = {
            "cmd": "move_node",
            "position": "last-child",
            "cut_item": films.pk,
            "pasted_on": books.pk,
        }
        script = {"x-requested-with": "XMLHttpRequest"}
        with self.two_tries():
            answer = self.client.post(url, values, headers=script)
        self.assertEqual((answer.status_code, answer.content.decode()), (503, BUSY))
        self.let_go()
        films.refresh_from_db()
        self.assertIsNone(films.parent)
        self.assertContains(self.client.get(url), BUSY, count=1)

    def test_what_is_sent_again_is_as_it_was_and_from_the_page(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(self.staff)
        url = page("delete", self.product.pk)
        form = self.client.get(url).context
        reason = '"><script>alert(1)</script> & more'
        values = {"post": "yes", "_reason": reason}
        self.keep(self.row)
        with self.two_tries():
            token = str(form["csrf_token"])
            answer = self.client.post(url, {**values, "csrfmiddlewaretoken": token})
        self.assert_busy(answer)
        self.assertNotContains(answer, "<script>alert", status_code=503)
        self.assertNotContains(answer, token, status_code=503)
        self.let_go()
        self.assertEqual(self.again(url, answer).status_code, 302)
        self.assertFalse(Product.objects.exists())
        self.assertEqual(Revision.objects.latest("pk").comment, reason)

    def test_no_password_is_written_into_a_page(self) -> None:
        other = User.objects.create_user("other@example.com")
        url = reverse("admin:auth_user_password_change", args=[other.pk])
        values = {"password1": "long-And-odd-7", "password2": "long-And-odd-7"}
        self.keep(f"SELECT id FROM users_user WHERE id = {other.pk} FOR UPDATE")  # noqa: S608
        with self.two_tries():
            answer = self.client.post(
                url, values | {"set-password": "1", "usable_password": "true"}
            )
        self.assert_busy(answer)
        self.assertNotContains(answer, "long-And-odd-7", status_code=503)
        self.assertNotContains(answer, "Send it again", status_code=503)

    def test_what_a_form_shows_of_people_is_noted(self) -> None:
        other = User.objects.create_user("other@example.com")
        url = reverse("admin:users_user_change", args=[other.pk])
        seen = self.client.get(url).context["seen"]
        AccessEntry.objects.all().delete()
        self.keep(f"SELECT id FROM users_user WHERE id = {other.pk} FOR UPDATE")  # noqa: S608
        with self.two_tries():
            answer = self.client.post(
                url,
                {
                    "email": "typed@example.com",
                    "rate-TOTAL_FORMS": 0,
                    "rate-INITIAL_FORMS": 0,
                    "_seen": seen,
                },
            )
        self.assert_busy(answer)
        (entry,) = AccessEntry.objects.all()
        self.assertEqual((entry.action, entry.object_pk), ("view", str(other.pk)))

        step = reverse("admin:users_user_press", args=[other.pk, "erase"])
        with self.two_tries():
            self.assert_busy(self.client.post(step))
        self.assertEqual(AccessEntry.objects.count(), 1)
