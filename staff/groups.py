"""The groups that come with the shop, and what each may do in the admin.

The one place where that is written down. ``tests/staff/matrix.py`` says the same page
by page, and is held against the running admin.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

VIEW: Final = ("view",)
CHANGE: Final = ("view", "change")
KEEP: Final = ("view", "add", "change")
EDIT: Final = ("view", "add", "change", "delete")

# Who works for the shop itself, and so sees the rows of all its partners.
EVERY_PARTNER: Final = "partner.see_every_partner"
CATALOGUE: Final = (
    "catalogue.category",
    "catalogue.product",
    "catalogue.variant",
    "catalogue.productimage",
    "catalogue.relatedproduct",
    "catalogue.producttype",
    "catalogue.attributedefinition",
)
ORDERS: Final = (
    "orders.order",
    "orders.orderline",
    "orders.orderevent",
    "orders.shipment",
)
OFFERS: Final = (
    "partner.partner",
    "partner.stockrecord",
    "partner.stocklevel",
    "partner.stockmovement",
    "partner.stockprice",
)
MONEY: Final = ("payments.payment", "payments.refund", "payments.paymentevent")
DELIVERY: Final = (
    "shipping.shippingmethod",
    "shipping.shippingzone",
    "shipping.shippingrate",
)
VOUCHERS: Final = ("promotions.voucher", "promotions.voucherredemption")
SEARCH: Final = ("search.synonym", "search.fruitlessquery")
TAXES: Final = ("tax.taxclass", "tax.taxrate")
IMPORTS: Final = ("exchange.import",)
STATS: Final = ("stats.salesday",)


@dataclass(frozen=True, kw_only=True)
class StaffGroup:
    """What one kind of staff may do.

    Attributes:
        models: Labels of models -> what may be done with their rows.
        rights: Permissions beyond those four, whole: ``payments.move_money``.
    """

    name: str
    models: Mapping[Sequence[str], Sequence[str]]
    rights: Sequence[str] = ()

    def permissions(self) -> Iterator[str]:
        """Yield every permission, as ``has_perm`` takes it."""
        for labels, verbs in self.models.items():
            for label in labels:
                app, _, model = label.partition(".")
                yield from (f"{app}.{verb}_{model}" for verb in verbs)
        yield from self.rights


CATALOGUE_EDITOR: Final = StaffGroup(
    name="Catalogue editor",
    models={
        CATALOGUE: EDIT,
        ("reviews.review",): CHANGE,
        ("search.synonym",): EDIT,
        ("search.fruitlessquery",): VIEW,
        OFFERS: VIEW,
        IMPORTS: ("view", "add"),
        ("tax.taxclass",): VIEW,
        ("custom.historybatch",): VIEW,
    },
    rights=(EVERY_PARTNER, "custom.undo_historybatch"),
)
ORDER_CLERK: Final = StaffGroup(
    name="Order clerk",
    models={
        CATALOGUE: VIEW,
        ORDERS: VIEW,
        ("orders.order",): CHANGE,
        OFFERS: VIEW,
        ("payments.payment", "payments.refund"): VIEW,
        DELIVERY: VIEW,
    },
    rights=(EVERY_PARTNER,),
)
CUSTOMER_SERVICE: Final = StaffGroup(
    name="Customer service",
    models={
        CATALOGUE: VIEW,
        ORDERS: VIEW,
        ("orders.order",): CHANGE,
        ("users.user", "users.erasure"): VIEW,
        ("users.authtoken",): ("view", "delete"),
        ("address.address",): CHANGE,
        ("basket.basket", "basket.basketline", "basket.basketvoucher"): VIEW,
        ("payments.payment", "payments.refund"): VIEW,
        ("reviews.review",): CHANGE,
        VOUCHERS: VIEW,
        DELIVERY: VIEW,
    },
    rights=(EVERY_PARTNER, "users.erase_user", "users.unlock_sign_in"),
)
FINANCE: Final = StaffGroup(
    name="Finance",
    models={
        ORDERS: VIEW,
        OFFERS: VIEW,
        MONEY: VIEW,
        ("promotions.voucher",): KEEP,
        ("promotions.voucherredemption",): VIEW,
        TAXES: EDIT,
        STATS: VIEW,
        DELIVERY: EDIT,
    },
    rights=("payments.move_money", EVERY_PARTNER),
)
AUDITOR: Final = StaffGroup(
    name="Read-only auditor",
    models={
        CATALOGUE: VIEW,
        ORDERS: VIEW,
        OFFERS: VIEW,
        ("partner.partnermember", "partner.partnerrate"): VIEW,
        MONEY: VIEW,
        VOUCHERS: VIEW,
        TAXES: VIEW,
        DELIVERY: VIEW,
        SEARCH: VIEW,
        STATS: VIEW,
        IMPORTS: VIEW,
        ("reviews.review",): VIEW,
        (
            "users.user",
            "users.erasure",
            "users.authtoken",
            "users.userrate",
            "users.apikey",
        ): VIEW,
        ("address.address",): VIEW,
        ("basket.basket", "basket.basketline", "basket.basketvoucher"): VIEW,
        ("auth.group",): VIEW,
        (
            "custom.historybatch",
            "custom.outboxmessage",
            "custom.idempotencykey",
        ): VIEW,
        ("staff.accessentry", "staff.secondfactor"): VIEW,
    },
    rights=(EVERY_PARTNER,),
)
PARTNER: Final = StaffGroup(
    name="Partner",
    models={
        OFFERS: VIEW,
        ("partner.stockrecord",): CHANGE,
        ("orders.orderline",): VIEW,
        STATS: VIEW,
        IMPORTS: ("view", "add"),
    },
)

GROUPS: Final = (
    CATALOGUE_EDITOR,
    ORDER_CLERK,
    CUSTOMER_SERVICE,
    FINANCE,
    AUDITOR,
    PARTNER,
)
