"""Who may call what below ``/api/``: the whole of it, by hand.

``tests.permissions.test_matrix`` makes every one of these requests as every caller, and
fails on an address or a method that is not here. Rows that addresses lead to are those
of customer C, whose order the partner of P serves.

    1  401, with ``WWW-Authenticate``: sign in first
    3  403: one may see it, and not do this
    4  404, the same as of what is not there: one may not see it
    +  let in: what becomes of the request is another test's matter
"""

from typing import Final, NamedTuple

# Letter -> who it is. Staff have the groups of the admin's matrix.
CALLERS: Final = {
    "-": "nobody: no token, no session",
    "C": "customer, whose rows they are",
    "X": "another customer",
    "P": "manager of the partner; in the group Partner",
    "Q": "manager of another partner; in the group Partner",
    "E": "catalogue editor",
    "O": "order clerk",
    "S": "customer service",
    "F": "finance",
    "A": "read-only auditor",
    "R": "superuser, of the staff; a manager of the partner too",
    "k": "a key of R without a scope",
    "K": "a key of R with every scope",
}

# Sections begin with what their addresses begin with; "." is just that.
MATRIX: Final = """
                                                        -CXPQ EOSFAR kK
/
    GET    .                                            +++++ ++++++ ++
    GET    rate-limit/                                  +++++ ++++++ ++
    GET    shop/                                        +++++ ++++++ ++
    GET    schema/                                      +++++ ++++++ ++
    GET    schema.xsd                                   +++++ ++++++ ++
    GET    docs/                                        +++++ ++++++ ++
    GET    docs/reference/                              +++++ ++++++ ++
    GET    country/                                     +++++ ++++++ ++
    GET    shipping/                                    +++++ ++++++ 33
    GET    payment/method/                              +++++ ++++++ ++
/user/
    POST   .                                            +++++ ++++++ ++
    POST   verify/                                      +++++ ++++++ ++
    POST   verify/resend/                               +++++ ++++++ ++
    POST   login/                                       +++++ ++++++ ++
    POST   logout/                                      1++++ ++++++ 33
    POST   logout-all/                                  1++++ ++++++ 33
    GET    me/                                          1++++ ++++++ 33
    PATCH  me/                                          1++++ ++++++ 33
    DELETE me/                                          1++++ ++++++ 33
    GET    me/export/                                   1++++ ++++++ 33
    POST   erasure/withdraw/                            +++++ ++++++ ++
    POST   unlock/                                      +++++ ++++++ ++
    GET    token/                                       1++++ ++++++ 33
    DELETE token/<int:pk>/                              1+444 444444 33
    GET    key/                                         1++++ ++++++ 33
    POST   key/                                         1++++ ++++++ 33
    DELETE key/<int:pk>/                                1+444 444444 33
    POST   email/change/                                1++++ ++++++ 33
    POST   email/change/confirm/                        +++++ ++++++ ++
    POST   email/change/stop/                           +++++ ++++++ ++
    POST   password/change/                             1++++ ++++++ 33
    POST   password/reset/                              +++++ ++++++ ++
    POST   password/reset/confirm/                      +++++ ++++++ ++
/category/
    GET    .                                            +++++ ++++++ ++
    GET    <str:key>/                                   +++++ ++++++ ++
/product/
    GET    .                                            +++++ ++++++ ++
    GET    <str:key>/                                   +++++ ++++++ ++
    GET    <str:key>/related/                           +++++ ++++++ ++
    GET    <str:key>/review/                            +++++ ++++++ ++
    POST   <str:key>/review/                            1++++ ++++++ 33
/admin/product/
    GET    .                                            13333 +++3++ 3+
    POST   .                                            13333 +3333+ 3+
    POST   bulk/                                        13333 +3333+ 3+
    GET    by-external-id/<path:external_id>/           13333 +++3++ 3+
    PUT    by-external-id/<path:external_id>/           13333 +3333+ 3+
    GET    <int:pk>/                                    13333 +++3++ 3+
    PATCH  <int:pk>/                                    13333 +3333+ 3+
    DELETE <int:pk>/                                    13333 +3333+ 3+
/admin/product/<int:product_id>/variant/
    GET    .                                            13333 +++3++ 3+
    POST   .                                            13333 +3333+ 3+
    PUT    by-sku/<path:sku>/                           13333 +3333+ 3+
    GET    <int:pk>/                                    13333 +++3++ 3+
    PATCH  <int:pk>/                                    13333 +3333+ 3+
    DELETE <int:pk>/                                    13333 +3333+ 3+
    GET    <int:variant_id>/offer/                      13333 ++33++ 3+
    GET    <int:variant_id>/offer/<str:partner>/        13333 ++33++ 3+
    PUT    <int:variant_id>/offer/<str:partner>/        13333 33333+ 3+
/admin/product/<int:product_id>/image/
    GET    .                                            13333 +++3++ 3+
    POST   .                                            13333 +3333+ 3+
    GET    <int:pk>/                                    13333 +++3++ 3+
    PATCH  <int:pk>/                                    13333 +3333+ 3+
    DELETE <int:pk>/                                    13333 +3333+ 3+
/address/
    GET    .                                            1++++ ++++++ 33
    POST   .                                            1++++ ++++++ 33
    GET    <uuid:public_id>/                            1+444 444444 33
    PUT    <uuid:public_id>/                            1+444 444444 33
    PATCH  <uuid:public_id>/                            1+444 444444 33
    DELETE <uuid:public_id>/                            1+444 444444 33
/basket/
    GET    .                                            +++++ ++++++ 33
    DELETE .                                            +++++ ++++++ 33
    POST   line/                                        +++++ ++++++ 33
    PATCH  line/<int:line>/                             4+444 444444 33
    DELETE line/<int:line>/                             4+444 444444 33
    POST   voucher/                                     +++++ ++++++ 33
    DELETE voucher/<str:code>/                          4+444 444444 33
/search/
    GET    .                                            +++++ ++++++ ++
    GET    suggest/                                     +++++ ++++++ ++
/order/
    POST   .                                            +++++ ++++++ 33
    POST   quote/                                       +++++ ++++++ 33
    GET    history/                                     1++++ ++++++ 33
    POST   guest/data/                                  +++++ ++++++ ++
    POST   guest/data/export/                           +++++ ++++++ ++
    POST   guest/data/erase/                            +++++ ++++++ ++
    GET    <str:key>/                                   1+444 444444 33
    POST   <str:key>/payment/                           1+444 444444 33
    POST   <str:key>/cancel/                            1+444 444444 33
    POST   <str:key>/return/                            1+444 444444 33
/partner/stock/
    GET    .                                            133++ 33333+ 3+
    POST   .                                            133++ 33333+ 3+
    POST   bulk/                                        133++ 33333+ 3+
    GET    <int:pk>/                                    133+4 33333+ 3+
    PATCH  <int:pk>/                                    133+4 33333+ 3+
/partner/order/
    GET    .                                            133++ 33333+ 3+
    GET    <str:key>/                                   133+4 33333+ 3+
    POST   <str:key>/ship/                              133+4 33333+ 3+
    POST   <str:key>/deliver/                           133+4 33333+ 3+
"""

# Addresses beside ``/api/``, each walked by the tests named.
ELSEWHERE: Final = {
    "admin/": "tests.staff.test_matrix",
    "payment/webhook/": "tests.payments.api.test_webhook: its signature lets it in",
    "mailbox/": "tests.notifications.test_mailbox: in development alone",
    "health/": "tests.custom.api: open, tells nothing of anybody",
    "metrics": "tests.custom.api: by a token of its own",
    "media/": "tests.catalogue.test_media: open, named by content",
}


class Entry(NamedTuple):
    """A line of the matrix; ``cells`` is by letter."""

    method: str
    route: str
    cells: dict[str, str]


def read_matrix() -> list[Entry]:
    """Return the lines of the matrix, in order."""
    head, *lines = MATRIX.strip("\n").splitlines()
    letters = head.replace(" ", "")
    entries = []
    section = ""
    for line in lines:
        if line.startswith("/"):
            section = line.removeprefix("/")
            continue
        method, rest, *cells = line.split()
        row = dict(zip(letters, "".join(cells), strict=True))
        entries.append(Entry(method, section + rest.removeprefix("."), row))
    return entries
