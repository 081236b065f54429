"""System checks: the app's settings, its storage, and the bundles."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from django.apps import AppConfig
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string
from pipeline.conf import settings as pipeline

from cachebuster.bundles import bundles
from cachebuster.storage import CacheBusterStorage, StampedStorage

Apps = Sequence[AppConfig] | None


def _is_number(value: object, allowed: range) -> bool:
    return type(value) is int and value in allowed


# Key of CACHEBUSTER -> what a value must be, in words and in code.
RULES: Final[Mapping[str, tuple[str, Callable[[object], bool]]]] = {
    "STAMP": ('"hash" or "mtime"', ("hash", "mtime").__contains__),
    "HASH_LENGTH": ("8 to 64", lambda value: _is_number(value, range(8, 65))),
    "SRI": (
        '"sha256", "sha384" or "sha512"',
        ("sha256", "sha384", "sha512").__contains__,
    ),
    "IMMUTABLE_MAX_AGE": ("seconds", lambda value: _is_number(value, range(2**31))),
    "PLAIN_MAX_AGE": ("seconds", lambda value: _is_number(value, range(2**31))),
    "STRICT": ("True or False", lambda value: isinstance(value, bool)),
}


@register()
def check_options(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """``CACHEBUSTER`` has known keys with possible values."""
    errors: list[CheckMessage] = []
    for name, value in settings.CACHEBUSTER.items():
        if name not in RULES:
            told = f"CACHEBUSTER has no key {name!r}."
            hint = f"There are: {', '.join(RULES)}."
            errors.append(Error(told, hint=hint, id="cachebuster.E001"))
            continue
        wanted, is_right = RULES[name]
        if not is_right(value):
            told = f"CACHEBUSTER[{name!r}] is {value!r}."
            errors.append(Error(told, hint=f"Set {wanted}.", id="cachebuster.E002"))
    return errors


@register()
def check_storage(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """The tags and ``static_serve`` find what they need in the storage."""
    path = settings.STORAGES["staticfiles"]["BACKEND"]
    if issubclass(import_string(path), StampedStorage):
        return []
    return [
        Error(
            f"STORAGES['staticfiles'] is {path}.",
            hint=f"Take {CacheBusterStorage.__module__}.{CacheBusterStorage.__name__}.",
            id="cachebuster.E003",
        )
    ]


@register()
def check_bundles(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """Every bundle has sources, and a name that nothing else has."""
    errors: list[CheckMessage] = []
    times = Counter(bundle.output for bundle in bundles())
    for bundle in bundles():
        if not bundle.sources:
            told = f"The bundle {bundle.output} has no sources."
            hint = "Name files that the finders find in source_filenames."
            errors.append(Error(told, hint=hint, id="cachebuster.E004"))
        if times[bundle.output] > 1 or finders.find(bundle.output):
            told = f"The bundle {bundle.output} is not the only file of that name."
            hint = "Give it another output_filename."
            errors.append(Error(told, hint=hint, id="cachebuster.E005"))
    return errors


@register()
def check_compressors(
    app_configs: Apps = None, **options: object
) -> list[CheckMessage]:
    """Both compressors import; pipeline's own default is a program of Node."""
    errors: list[CheckMessage] = []
    for name in ("JS_COMPRESSOR", "CSS_COMPRESSOR"):
        try:
            import_string(pipeline[name])
        except ImportError as error:
            hint = f"PIPELINE[{name!r}] = {pipeline[name]!r}"
            errors.append(Error(str(error), hint=hint, id="cachebuster.E006"))
    return errors
