"""Development and the demo shop: the environment is filled in from ``var/``.

``script/server`` runs these with ``DJANGO_DEBUG=0``, so that a developer sees what
production shows; ``manage.py`` alone runs them with the debug pages on.
"""

import os
from importlib.util import find_spec
from pathlib import Path

import environ

_base = Path(__file__).resolve().parent.parent.parent
# Addresses of the private servers, written by script/server; never overrides.
environ.Env.read_env(Path(os.environ.get("SHOP_VAR") or _base / "var", "server.env"))
for _name, _value in {
    "DJANGO_SECRET_KEY": "development-only-and-known-to-everyone",
    "DJANGO_ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    "DATABASE_URL": "mysql://root@127.0.0.1:3306/shop",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "LOG_FORMAT": "console",
    "PAYMENT_METHODS": "invoice,cash_on_delivery,dummy",
}.items():
    os.environ.setdefault(_name, _value)

from shop.settings.base import *

DEBUG = env.bool("DJANGO_DEBUG", default=True)

if DEBUG:
    CACHE_PAGES = False  # what is being worked on is rendered each time
    # script/server installs requirements.txt alone; these come with script/test.
    _tools = [app for app in ("django_extensions", "debug_toolbar") if find_spec(app)]
    INSTALLED_APPS += _tools
    if "debug_toolbar" in _tools:
        MIDDLEWARE.insert(0, "debug_toolbar.middleware.DebugToolbarMiddleware")
        INTERNAL_IPS = ["127.0.0.1", "::1"]
    REST_FRAMEWORK["DEFAULT_RENDERER_CLASSES"] = [
        *REST_FRAMEWORK["DEFAULT_RENDERER_CLASSES"],
        "rest_framework.renderers.BrowsableAPIRenderer",
    ]
    STORAGES["staticfiles"] = {"BACKEND": "cachebuster.storage.FreshStorage"}
