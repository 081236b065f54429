"""The token of a mail by which a guest has data told or erased; stored nowhere."""

from typing import Any

from users.links import RowToken, signed


class _GuestDataToken(RowToken):
    """Tokens for a guest's order, whose address they were sent to.

    They end once the order is an account's, or says no longer who bought.
    """

    key_salt = "orders.links.guest_data"

    def _make_hash_value(self, order: Any, timestamp: int) -> str:  # noqa: ANN401
        return signed(order.pk, order.guest_email, timestamp)


GUEST_DATA = _GuestDataToken()
