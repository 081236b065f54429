"""What is related to an instance, where it is at hand already."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model


def set_related(instance: Model, name: str, rows: Sequence[Model]) -> None:
    """Have rows stand for what is related to an instance, as if prefetched.

    Args:
        instance: Stored.
        name: Of the relation from the one side, ``"lines"``.
        rows: All that ``getattr(instance, name).all()`` would read, in its order.
    """
    # Django has no public way.
    found: Any = getattr(instance, name).all()
    found._result_cache = list(rows)  # noqa: SLF001
    found._prefetch_done = True  # noqa: SLF001
    kept: dict[str, Any] = instance.__dict__.setdefault("_prefetched_objects_cache", {})
    kept[name] = found
