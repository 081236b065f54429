"""Whether dotted paths in settings lead anywhere, for system checks."""

from collections.abc import Iterable

from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string


def check_paths(
    paths: Iterable[tuple[str, str]], *, check_id: str
) -> list[CheckMessage]:
    """Return an error for each path that does not import.

    Args:
        paths: Dotted path, and the hint that says which setting has it.
        check_id: Of the errors.
    """
    errors: list[CheckMessage] = []
    for path, hint in paths:
        try:
            import_string(path)
        except ImportError as error:
            errors.append(Error(str(error), hint=hint, id=check_id))
    return errors
