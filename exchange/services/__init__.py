"""How files come in: uploaded, checked, applied, forgotten."""

from exchange.services.chunks import advance
from exchange.services.imports import (
    apply_import,
    purge_imports,
    resume_import,
    start_import,
)

__all__ = [
    "advance",
    "apply_import",
    "purge_imports",
    "resume_import",
    "start_import",
]
