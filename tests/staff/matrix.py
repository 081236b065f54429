"""Who may do what in the admin: the whole of it, by hand.

``tests.staff.test_matrix`` makes every one of these requests as every reader, and fails
on a page, a button or an action that is not here.
"""

from typing import Final, NamedTuple

# Letter -> the group it stands for. R is a superuser.
LETTERS: Final = {
    "E": "Catalogue editor",
    "C": "Order clerk",
    "S": "Customer service",
    "F": "Finance",
    "A": "Read-only auditor",
    "P": "Partner",
}
ROOT: Final = "R"

# What may be done with the rows of a model. "view": its list, its pages, their history
# and former versions. "recover": the list of what was deleted.
MODELS: Final = """
                                view     add  change  delete  recover
    address.address             SAR      -    SR      R       -
    auth.group                  AR       R    R       R       R
    basket.basket               SAR      -    -       -       -
    catalogue.category          ECSAR    ER   ER      ER      ER
    catalogue.product           ECSAR    ER   ER      ER      ER
    catalogue.producttype       ECSAR    ER   ER      ER      ER
    catalogue.variant           ECSAR    ER   ER      ER      ER
    custom.historybatch         EAR      -    -       -       -
    custom.idempotencykey       AR       -    -       -       -
    custom.outboxmessage        AR       -    -       -       -
    orders.order                CSFAR    -    -       -       -
    orders.orderevent           CSFAR    -    -       -       -
    orders.orderline            CSFAPR   -    -       -       -
    partner.partner             ECFAPR   R    R       R       R
    partner.stocklevel          ECFAPR   -    -       -       -
    partner.stockmovement       ECFAPR   -    -       -       -
    partner.stockprice          ECFAPR   -    -       -       -
    partner.stockrecord         ECFAPR   R    PR      -       R
    payments.payment            CSFAR    -    -       -       -
    payments.paymentevent       FAR      -    -       -       -
    payments.refund             CSFAR    -    -       -       -
    promotions.voucher          SFAR     FR   FR      -       FR
    promotions.voucherredemption SFAR    -    -       -       -
    reviews.review              ESAR     -    ESR     R       -
    search.fruitlessquery       EAR      -    -       -       -
    search.synonym              EAR      ER   ER      ER      ER
    shipping.shippingmethod     CSFAR    FR   FR      FR      FR
    shipping.shippingzone       CSFAR    FR   FR      FR      FR
    staff.accessentry           AR       -    -       -       -
    staff.secondfactor          AR       -    -       -       -
    tax.taxclass                EFAR     FR   FR      FR      FR
    users.apikey                AR       R    R       -       R
    users.authtoken             SAR      -    -       SR      -
    users.erasure               SAR      -    -       -       -
    users.user                  SAR      R    R       R       R
"""

# Buttons of a row's page -> who may press them.
BUTTONS: Final = {
    "orders.order": {
        "ship": "CSR",
        "deliver": "CSR",
        "cancel": "CSR",
        "return": "CSR",
        "credit": "FR",
        "invoice": "CSR",
        "note": "CSR",
    },
    "partner.stocklevel": {"count": "PR"},
    "payments.payment": {
        "receive": "FR",
        "capture": "FR",
        "cancel": "FR",
        "ask": "FR",
    },
    "payments.refund": {"repay": "FR", "repeat": "FR"},
    "users.user": {"erase": "SR", "unlock": "SR"},
}

# Actions of a list -> who is offered them. "delete_selected" follows "delete" above,
# but for the lists that have no actions at all.
ACTIONS: Final = {
    "catalogue.product": {
        "publish": "ER",
        "hide": "ER",
        "add_to_category": "ER",
        "remove_from_category": "ER",
    },
    "custom.outboxmessage": {"resend": "R"},
    "reviews.review": {"publish": "ESR", "reject": "ESR"},
    "staff.secondfactor": {"reset": "R"},
    "users.apikey": {"revoke": "R"},
}
NO_ACTIONS: Final = ("catalogue.category", "catalogue.variant", "users.authtoken")

# The last part of a page's name in ``admin:app_model_page`` -> its column above.
COLUMNS: Final = {
    "changelist": "view",
    "change": "view",
    "history": "view",
    "revision": "view",
    "compare": "view",
    "revert": "change",
    "add": "add",
    "delete": "delete",
    "recoverlist": "recover",
    "recover": "recover",
}
# Pages that are no column: tried by tests of their own.
OTHERS: Final = {
    "press",
    "auth_user_password_change",
    "packing_slip",
    "invoice",
    "credit_note",
    "undo",
    "undo_errors",
}

# Pages that belong to no model -> who may open them; the names of Django's own.
PAGES: Final = {
    "stats-sales": "FAPR",
    "stats-sellers": "FAPR",
    "stats-stock": "FAPR",
    "stats-json": "FAPR",
    "stats-csv": "FAPR",
    "exchange": "EAPR",
    "exchange-import": "EAPR",
    "exchange-errors": "EAPR",
    "exchange-export": "EAPR",
}
IMPORT_ID: Final = "0192f0c1-0000-7000-8000-000000000000"
PAGE_ARGUMENTS: Final = {
    "stats-json": ("sales",),
    "stats-csv": ("sales", "series"),
    "exchange-import": (IMPORT_ID,),
    "exchange-errors": (IMPORT_ID,),
    "exchange-export": ("stock", "csv"),
}
FOR_ALL_STAFF: Final = {
    "index",
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "autocomplete",
    "jsi18n",
    "view_on_site",
    "app_list",
    "search",
}


class Rights(NamedTuple):
    """Letters of who may, by column."""

    view: str
    add: str
    change: str
    delete: str
    recover: str


def read_models() -> dict[str, Rights]:
    """Return the table, by model."""
    lines = [line.split() for line in MODELS.strip().splitlines()]
    header, *rows = lines
    if tuple(header) != Rights._fields:
        msg = f"The table's columns are not {Rights._fields}."
        raise ValueError(msg)
    return {label: Rights(*cells) for label, *cells in rows}
