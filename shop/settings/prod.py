"""Production: refuses to start rather than run unsafely."""

from django.core.exceptions import ImproperlyConfigured

from shop.settings.base import *

if env.bool("DJANGO_DEBUG", default=False):
    msg = "DJANGO_DEBUG is set: production never runs with DEBUG."
    raise ImproperlyConfigured(msg)
if SHOP_DEMO:
    msg = "SHOP_DEMO is set: its accounts have a known password."
    raise ImproperlyConfigured(msg)
if "dummy" in PAYMENT_METHODS and not env.bool("PAYMENT_ALLOW_DUMMY", default=False):
    msg = "PAYMENT_METHODS has the dummy: anyone could buy without paying."
    raise ImproperlyConfigured(msg)
if not ALLOWED_HOSTS or any("*" in host for host in ALLOWED_HOSTS):
    msg = "DJANGO_ALLOWED_HOSTS must name every host, without a wildcard."
    raise ImproperlyConfigured(msg)
MIN_SECRET_LENGTH = 50
MIN_SECRET_VARIETY = 10  # different characters
if (
    len(SECRET_KEY) < MIN_SECRET_LENGTH
    or len(set(SECRET_KEY)) < MIN_SECRET_VARIETY
    or SECRET_KEY.startswith("django-insecure-")
):
    msg = f"DJANGO_SECRET_KEY must be at least {MIN_SECRET_LENGTH} random characters."
    raise ImproperlyConfigured(msg)

STAFF_MFA_REQUIRED = env.bool("STAFF_MFA_REQUIRED", default=True)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # probes come from inside, without TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
