"""What a rendered page depends on beside the database: this release of the shop."""

import hashlib
from functools import cache
from pathlib import Path

from django.apps import apps
from django.conf import settings

PREFIXES = ("SHOP_", "SEARCH_")
NAMES = ("LANGUAGES", "MEDIA_URL", "REST_FRAMEWORK", "TIME_ZONE")


@cache
def release() -> str:
    """Name the code of all apps and the settings that pages show; reads every file.

    Old and new processes of a rolling deployment so keep their bodies apart.
    """
    digest = hashlib.blake2b(digest_size=6)
    base = Path(settings.BASE_DIR)
    for app in apps.get_app_configs():
        place = Path(app.path)
        if place.parent == base:
            for file in sorted(place.rglob("*.py")):
                digest.update(file.read_bytes())
    for name in sorted(dir(settings)):
        if name.startswith(PREFIXES) or name in NAMES:
            digest.update(f"{name}={getattr(settings, name)!r}".encode())
    return digest.hexdigest()
