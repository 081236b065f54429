"""A customer with something of every kind, and what nobody else is called."""

from allauth.account.models import EmailAddress, EmailConfirmation
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone

from address.models import Address
from address.services import add_address, change_address, remove_address
from basket.holders import holder_of_user
from basket.requests import LineRequest
from basket.services import add_line, add_voucher
from custom import outbox
from custom.history import recorded
from custom.models import IdempotencyKey
from custom.outbox import publish
from custom.transactions import run_in_transaction
from orders.actors import Actor, Role
from orders.models import Order, Shipment
from orders.services import add_note, issue_invoice, return_lines
from partner.services import add_member
from payments.models import PaymentEvent
from promotions.codes import customer_key
from promotions.models import VoucherRedemption
from reviews.services import NewReview, decide_reviews, write_review
from staff.access import record_access
from tests.orders.factories import make_offer
from tests.orders.stories import delivered, run_outbox
from tests.partner.factories import PartnerFactory
from tests.promotions.factories import make_voucher
from tests.staff.codes import enrol
from tests.users.factories import PASSWORD, UserFactory, create_token
from users.links import VERIFICATION
from users.models import ApiKey, EmailChange, SignInTries, User, UserRate
from users.services import register_user, update_profile, verify_email
from users.tried import account_digest

EMAIL = "Zebulon@quarrington.example"
STREET = "Nightingale Lane 77"
PHONE = "+43660123456789"
PARTS = {
    "first_name": "Zebulon",
    "last_name": "Quarrington",
    "company": "Quarrington Ltd",
    "line1": STREET,
    "line2": "",
    "city": "Wien",
    "region": "",
    "postcode": "1010",
    "country": "AT",
    "phone": PHONE,
    "vat_id": "ATU13585627",
}
# Found nowhere but with this person, in whatever case it is written.
NEEDLES = ("zebulon", "quarrington", "nightingale", PHONE, "ATU13585627")
TEXTS = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = DATABASE() AND (
        data_type IN ('char', 'varchar', 'json', 'enum', 'binary', 'varbinary')
        OR data_type LIKE '%%text' OR data_type LIKE '%%blob'
    )
"""


def make_customer() -> User:
    """Store the customer, and all that a shop can hold of one."""
    user = register_user(
        email=EMAIL, password=PASSWORD, first_name="Zebulon", last_name="Quarrington"
    ).user
    guest = delivered(
        (make_offer(num_in_stock=9), 1), guest_email=EMAIL, **_addresses()
    )
    verify_email(VERIFICATION.make(user))
    run_outbox()
    user.refresh_from_db()
    assert Order.objects.get(pk=guest.pk).user == user
    _make_account(user)
    _make_orders(user)
    _make_words(user)
    run_outbox()
    _make_traces(user)
    return user


def find(needle: str) -> dict[str, int]:
    """Return table.column -> rows in which some text has this in it, in any case."""
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(TEXTS)
        for table, column in cursor.fetchall():
            cursor.execute(
                f"SELECT COUNT(*) FROM `{table}` "  # noqa: S608 - names of the database
                f"WHERE LOWER(CONVERT(`{column}` USING utf8mb4)) LIKE %s",
                [f"%{needle.lower()}%"],
            )
            if rows := cursor.fetchone()[0]:
                found[f"{table}.{column}"] = rows
    return found


def _addresses() -> dict[str, object]:
    return {"shipping_address": PARTS, "billing_address": PARTS}


def _make_account(user: User) -> None:
    create_token(user, device="Zebulon's telephone")
    update_profile(user, first_name="Zebulon Q.")
    update_profile(user, first_name="Zebulon")
    kept = add_address(user.pk, PARTS | {"is_default_shipping": True}).address
    change_address(user.pk, kept.public_id, {"line2": "at Quarrington's"})
    gone = add_address(user.pk, PARTS).address
    remove_address(user.pk, gone.public_id)

    def limit() -> None:
        with recorded("Asked by Zebulon."):
            UserRate.objects.create(
                user=user, requests=9, reason="Mr Quarrington rang up"
            )

    run_in_transaction(limit)
    address = EmailAddress.objects.create(user=user, email=EMAIL, verified=True)
    EmailConfirmation.objects.create(email_address=address, key="k")
    enrol(user)
    EmailChange.objects.create(user=user, former_email=EMAIL, email=f"new.{EMAIL}")
    SignInTries.objects.create(
        digest="tried",
        kind="account",
        account=account_digest(EMAIL),
        quiet_at=timezone.now(),
    )
    ApiKey.objects.create(user=user, name="Quarrington's till", digest="d", hint="h")
    add_member(partner=PartnerFactory(code="employer"), user=user)


def _make_orders(user: User) -> None:
    offer = make_offer(num_in_stock=50)
    common = {"user": user, "note": "Ring at Quarrington", **_addresses()}
    invoiced = delivered((offer, 2), **common)
    issue_invoice(invoiced.pk)
    one_of_two = {invoiced.lines.get().pk: 1}
    return_lines(invoiced.pk, actor=Actor(Role.STAFF), quantities=one_of_two)
    Shipment.objects.filter(order=invoiced).update(tracking_number="quarrington-1")
    add_note(invoiced.pk, "Zebulon is nice", actor=Actor(Role.STAFF, UserFactory()))
    returned = delivered((offer, 3), **common)
    return_lines(
        returned.pk,
        actor=Actor(Role.STAFF),
        reason="Mr Quarrington did not like it",
    )
    run_outbox()
    PaymentEvent.objects.filter(payment__order=invoiced.public_id).update(
        note="paid by Quarrington", actor=user
    )
    VoucherRedemption.objects.create(
        voucher=make_voucher("TENTH"),
        order=invoiced.public_id,
        customer=customer_key(user.pk),
    )
    add_line(holder_of_user(user), LineRequest(offer.variant_id, 1))
    add_voucher(holder_of_user(user), "TENTH")


def _make_words(user: User) -> None:
    product = make_offer().variant.product
    review = write_review(
        NewReview(
            product_id=product.pk,
            author=user,
            rating=5,
            title="Quarrington was here",
            text="I, Zebulon, liked it.",
        )
    ).review
    decide_reviews([review.pk], state=review.State.PUBLISHED)


def _make_traces(user: User) -> None:
    """Store what staff, the admin and the outbox leave behind."""
    clerk = UserFactory(is_staff=True)
    record_access(clerk, model=User, pk=user.pk, action="view")
    for row in (user, Address.objects.get(user=user)):
        LogEntry.objects.create(
            user=clerk,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr=str(row),
            action_flag=CHANGE,
            change_message="As Mr Quarrington wished.",
        )
    IdempotencyKey.objects.create(
        caller=f"user:{user.pk}",
        endpoint="x",
        key_digest="x",
        fingerprint="x",
        made="x",
    )
    run_in_transaction(
        lambda: publish("user.registered", {"user": "", "email": user.email})
    )
    assert outbox.backlog().pending
