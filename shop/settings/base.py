"""What every environment shares; nothing here has a default that differs by machine.

``dev`` and ``test`` fill the environment in, ``prod`` only hardens.
"""

from datetime import timedelta
from urllib.parse import quote

import django_stubs_ext

from search.connection import haystack_options
from shop.settings.api import *
from shop.settings.caching import *
from shop.settings.database import *
from shop.settings.environment import *
from shop.settings.files import *
from shop.settings.history import *
from shop.settings.privacy import *
from shop.settings.queues import *
from shop.settings.security import *
from shop.settings.selling import *
from shop.settings.staff import *

# Lets ``ModelAdmin[Order]`` and the like be written as they are typed.
django_stubs_ext.monkeypatch()

SECRET_KEY = env.str("DJANGO_SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("DJANGO_SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS")
DEBUG = False

INSTALLED_APPS = [
    "shop.apps.ShopConfig",
    "stats.apps.StatsConfig",
    "exchange.apps.ExchangeConfig",
    "notifications.apps.NotificationsConfig",
    "orders.apps.OrdersConfig",
    "basket.apps.BasketConfig",
    "payments.apps.PaymentsConfig",
    "shipping.apps.ShippingConfig",
    "promotions.apps.PromotionsConfig",
    "search.apps.SearchConfig",
    "partner.apps.PartnerConfig",
    "reviews.apps.ReviewsConfig",
    "catalogue.apps.CatalogueConfig",
    "tax.apps.TaxConfig",
    "address.apps.AddressConfig",
    "staff.apps.StaffConfig",
    "users.apps.UsersConfig",
    "cachebuster.apps.CacheBusterConfig",
    "custom.apps.CustomConfig",
    "staff.apps.ShopAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "django_tables2",
    "knox",
    "mptt",
    "haystack",
    "reversion",
    "corsheaders",
    "csp",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pipeline",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "custom.middleware.RequestIdMiddleware",
    "custom.middleware.RequestLogMiddleware",
    "custom.caching.middleware.PageLookupMiddleware",
    "custom.middleware.ContentLengthMiddleware",
    "custom.timing.ServerTimingMiddleware",
    "custom.throttling.RateHeadersMiddleware",
    "custom.middleware.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "custom.middleware.PagePolicyMiddleware",
    "custom.middleware.CrossOriginMiddleware",
    "custom.throttling.ThrottleMiddleware",
    "custom.caching.middleware.PageCacheMiddleware",
    "custom.middleware.ProblemMiddleware",
    "cachebuster.middleware.StaticFilesMiddleware",
    "custom.middleware.BodyLimitMiddleware",
    "custom.middleware.ConditionalHeadMiddleware",
    "custom.middleware.SlashMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "custom.middleware.OriginMiddleware",
    "custom.cookies.CookieMiddleware",  # who brings none goes on below
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "custom.cookies.everyone",
]
APPEND_SLASH = False  # custom.middleware.SlashMiddleware: only GET is redirected

ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            # So that the pages of every app use our tags.
            "libraries": {"static": "cachebuster.templatetags.cachebuster"},
        },
    },
]

# --- Accounts ------------------------------------------------------------------

AUTH_USER_MODEL = "users.User"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation."
        "UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "first_name", "last_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "users.validators.BreachedPasswordValidator"},
]
# Who is asked whether a password is known from breaches, such as
# "https://api.pwnedpasswords.com/range/"; nobody if it is empty.
BREACHED_PASSWORDS_URL = env.str("BREACHED_PASSWORDS_URL", default="")
BREACHED_PASSWORDS_SECONDS = env.float("BREACHED_PASSWORDS_SECONDS", default=1.0)
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
SILENCED_SYSTEM_CHECKS = [
    "auth.E003",  # get_by_natural_key() goes by ``email_normalized``, which is unique
    "models.W036",  # allauth's conditional constraints; staff.signin locks instead
    "templates.W003",  # the tags of cachebuster stand in for Django's "static"
]
KNOX_TOKEN_MODEL = "users.AuthToken"
# Knox's migrations would create its own token table beside the swapped model.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=30),  # from the last use
    "MIN_REFRESH_INTERVAL": 15 * 60,  # seconds between two recorded uses
}
# How many wrong passwords lock a sign-in, and after how long a quiet while they count
# no more: of an account from one client address, of an account, from a client address.
SIGN_IN_LOCK = env.str("SIGN_IN_LOCK", default="10/hour")
SIGN_IN_LOCK_ACCOUNT = env.str("SIGN_IN_LOCK_ACCOUNT", default="100/day")
SIGN_IN_LOCK_ADDRESS = env.str("SIGN_IN_LOCK_ADDRESS", default="100/hour")
# Dotted paths of what a right password has to pass as well, given account and code.
SIGN_IN_CHECKS = ["staff.factors.check_sign_in"]
# What API keys begin with: people and secret scanners know them by it.
API_KEY_PREFIX = env.str("API_KEY_PREFIX", default="shop_live_")

# --- Search --------------------------------------------------------------------

SEARCH_URL = env.str(
    "SEARCH_URL", default=f"xapian://{quote(str(BASE_DIR))}/var/search"
)
SEARCH_LANGUAGE = env.str("SEARCH_LANGUAGE", default="english")  # of word stems
# Where a band of prices ends and the next begins, in whole units of the currency.
SEARCH_PRICE_BANDS = env.list("SEARCH_PRICE_BANDS", cast=int, default=[5, 10, 15, 20])
HAYSTACK_CONNECTIONS = {"default": haystack_options(SEARCH_URL)}

# --- Languages and times -------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Mail and logs -------------------------------------------------------------

vars().update(env.email("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10  # seconds; far below the lease of custom.outbox
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="shop@example.com")
# Where a client's own pages take the token of a mail: "https://…/verify?t={token}".
# Empty: the mail shows the token alone.
EMAIL_VERIFICATION_LINK = env.str("EMAIL_VERIFICATION_LINK", default="")
PASSWORD_RESET_LINK = env.str("PASSWORD_RESET_LINK", default="")
SIGN_IN_UNLOCK_LINK = env.str("SIGN_IN_UNLOCK_LINK", default="")
EMAIL_CHANGE_LINK = env.str("EMAIL_CHANGE_LINK", default="")
EMAIL_CHANGE_STOP_LINK = env.str("EMAIL_CHANGE_STOP_LINK", default="")
PASSWORD_RESET_TIMEOUT = 24 * 3600  # seconds; of every token that is mailed
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")  # for links in mails
# Where buyers may be sent back to by a provider: "https://shop.example.com".
PAYMENT_RETURN_ORIGINS = env.list(
    "PAYMENT_RETURN_ORIGINS", default=[SITE_URL.rstrip("/"), *CORS_ALLOWED_ORIGINS]
)

LOG_FORMAT = env.str("LOG_FORMAT", default="json")  # or "console"
LOGGING_CONFIG = "custom.logging.configure"
LOGGING = {"format": LOG_FORMAT, "level": env.str("LOG_LEVEL", default="INFO")}
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # nothing personal in logs
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # RequestIdMiddleware saw it first
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = 20  # INFO: a client's mistake is not ours
