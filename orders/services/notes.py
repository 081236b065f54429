"""What staff write down about an order, for themselves."""

from custom.transactions import transactional
from orders.actors import Actor
from orders.models import OrderEvent
from orders.services.changes import lock, store


@transactional
def add_note(order_id: int, text: str, *, actor: Actor) -> OrderEvent:
    """Add a private note to an order's events; the buyer never sees it."""
    order = lock(order_id).order
    kind = OrderEvent.Type.NOTED
    return store(order, kind, actor, detail={"text": text}, is_public=False)
