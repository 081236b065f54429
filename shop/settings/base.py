"""What every environment shares; nothing here has a default that differs by machine.

``dev`` and ``test`` fill the environment in, ``prod`` only hardens.
"""

from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import django_stubs_ext
import environ

from search.connection import haystack_options

# Lets ``ModelAdmin[Order]`` and the like be written as they are typed.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

SECRET_KEY = env.str("DJANGO_SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("DJANGO_SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS")
DEBUG = False

INSTALLED_APPS = [
    "shop.apps.ShopConfig",
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
    "users.apps.UsersConfig",
    "cachebuster.apps.CacheBusterConfig",
    "custom.apps.CustomConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "knox",
    "mptt",
    "haystack",
    "reversion",
    "corsheaders",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pipeline",
]

MIDDLEWARE = [
    "custom.middleware.RequestIdMiddleware",
    "custom.middleware.RequestLogMiddleware",
    "custom.middleware.ContentLengthMiddleware",
    "custom.throttling.RateHeadersMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "custom.throttling.ThrottleMiddleware",
    "custom.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "cachebuster.middleware.StaticFilesMiddleware",
    "custom.middleware.BodyLimitMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "custom.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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

# --- Database: every figure's reason is in docs/architecture.md -------------

SQL_MODE = (
    "STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ZERO_IN_DATE,NO_ZERO_DATE,NO_ENGINE_SUBSTITUTION"
)
LOCK_WAIT_SECONDS = 3  # below the statement limit, below the driver's time-out
# Web and worker processes give up on slow statements; migrations must not.
# Set by their start-up: "idle_transaction_timeout=10,max_statement_time=10" on
# MariaDB, "max_execution_time=10000,wait_timeout=60" on MySQL.
DATABASE_SESSION_LIMITS = env.str("DATABASE_SESSION_LIMITS", default="")
DATABASES = {"default": env.db("DATABASE_URL")}
_options = DATABASES["default"].setdefault("OPTIONS", {})
if "unix_socket" in _options:
    # Django's test runner and dbshell read a socket only from HOST.
    DATABASES["default"]["HOST"] = _options.pop("unix_socket")
_options |= {
    "charset": "utf8mb4",
    "isolation_level": "read committed",
    "connect_timeout": 3,
    "read_timeout": 15 if DATABASE_SESSION_LIMITS else 600,
    "write_timeout": 15 if DATABASE_SESSION_LIMITS else 600,
    "init_command": "SET "
    + ", ".join(
        filter(
            None,
            (
                f"sql_mode='{SQL_MODE}'",
                f"innodb_lock_wait_timeout={LOCK_WAIT_SECONDS}",
                "lock_wait_timeout=5",
                DATABASE_SESSION_LIMITS,
            ),
        )
    ),
}
DATABASES["default"] |= {
    "ATOMIC_REQUESTS": False,  # custom.transactions owns transactions
    "CONN_MAX_AGE": 60,  # seconds
    "CONN_HEALTH_CHECKS": True,
    "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_unicode_520_ci"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: cache, sessions, Celery -----------------------------------------

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": env.str("REDIS_PREFIX", default="shop"),
        "OPTIONS": {
            "CLIENT_CLASS": "django_redis.client.DefaultClient",
            "SOCKET_CONNECT_TIMEOUT": 0.5,  # seconds
            "SOCKET_TIMEOUT": 0.5,
            "IGNORE_EXCEPTIONS": True,  # sessions then come from the database
        },
    },
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True

# Celery spells a Unix socket "redis+socket://".
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": f"{CACHES['default']['KEY_PREFIX']}:celery:",
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "relay-outbox": {"task": "custom.relay_outbox", "schedule": 2.0},  # seconds
    "publish-rates": {"task": "custom.publish_rates", "schedule": 60.0},
    "purge-idempotency-keys": {
        "task": "custom.purge_idempotency_keys",
        "schedule": 3600.0,
    },
    "sweep-payments": {"task": "payments.sweep_payments", "schedule": 30.0},
    "expire-orders": {"task": "orders.expire_orders", "schedule": 60.0},
    "purge-outbox": {"task": "custom.purge_outbox", "schedule": 3600.0},
    "purge-baskets": {"task": "basket.purge_baskets", "schedule": 3600.0},
    "purge-stock-imports": {
        "task": "partner.purge_stock_imports",
        "schedule": 3600.0,
    },
    "purge-fruitless-queries": {
        "task": "search.purge_fruitless_queries",
        "schedule": 3600.0,
    },
}
# Topic -> dotted path of its handler, or paths of several; custom.checks imports each.
OUTBOX_HANDLERS: dict[str, str | tuple[str, ...]] = {
    "order.placed": "notifications.tasks.send_order_confirmation",
    "order.paid": (),
    "order.shipped": "notifications.tasks.send_order_shipped",
    "order.cancelled": "notifications.tasks.send_order_cancelled",
    "order.refunded": "notifications.tasks.send_order_refunded",
    "order.returned": (),
    "payment.changed": "orders.tasks.follow_payments",
    "product.changed": "search.tasks.follow_product_changes",
    "stock.low": "notifications.tasks.send_low_stock",
    "user.registered": "notifications.accounts.send_verification",
    "user.verification_wanted": "notifications.accounts.send_verification",
    "user.password_reset_wanted": "notifications.accounts.send_password_reset",
    "payment.capture": "payments.tasks.capture",
    "payment.void": "payments.tasks.void",
    "payment.refund": "payments.tasks.refund",
}
# Who waits for promised units: functions that return units by stock record.
STOCK_CLAIMS = ("orders.claims.open_units",)
# What /health/ready asks beside the database: name -> path of a function that is true
# while all is well. The shop serves without it.
HEALTH_CHECKS = {"search": "search.selectors.is_available"}
IDEMPOTENCY_KEY_HOURS = 48  # API.md promises 24

# --- Accounts ----------------------------------------------------------------

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
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
SILENCED_SYSTEM_CHECKS = [
    "auth.E003",  # get_by_natural_key() goes by ``email_normalized``, which is unique
    "templates.W003",  # the tags of cachebuster stand in for Django's "static"
]
KNOX_TOKEN_MODEL = "users.AuthToken"
# Knox's migrations would create its own token table beside the swapped model.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {
    "TOKEN_TTL": timedelta(days=30),  # from the last use
    "MIN_REFRESH_INTERVAL": 15 * 60,  # seconds between two recorded uses
}

# --- Search ------------------------------------------------------------------

SEARCH_URL = env.str(
    "SEARCH_URL", default=f"xapian://{quote(str(BASE_DIR))}/var/search"
)
SEARCH_LANGUAGE = env.str("SEARCH_LANGUAGE", default="english")  # of word stems
# Where a band of prices ends and the next begins, in whole units of the currency.
SEARCH_PRICE_BANDS = env.list("SEARCH_PRICE_BANDS", cast=int, default=[5, 10, 15, 20])
HAYSTACK_CONNECTIONS = {"default": haystack_options(SEARCH_URL)}

# --- API -----------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "users.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": [
        "custom.api.renderers.JSONRenderer",
        "custom.api.renderers.XMLRenderer",
        "custom.api.renderers.TextXMLRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "custom.api.parsers.JSONParser",
        "custom.api.parsers.XMLParser",
        "custom.api.parsers.TextXMLParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "custom.api.negotiation.QualityNegotiation",
    "DEFAULT_METADATA_CLASS": "custom.api.metadata.MethodsMetadata",
    "DEFAULT_PAGINATION_CLASS": "custom.api.pagination.PageNumberPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "custom.api.schema.ApiSchema",
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.AcceptHeaderVersioning",
    # Without a default version drf-spectacular writes an empty schema.
    "DEFAULT_VERSION": "1",
    "ALLOWED_VERSIONS": ["1"],
    "DEFAULT_THROTTLE_CLASSES": [
        "custom.throttling.PerMinuteThrottle",
        "custom.throttling.PostThrottle",
    ],
    # How many proxies append to X-Forwarded-For; 0 takes the connection's address.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
    "EXCEPTION_HANDLER": "custom.api.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "TEST_REQUEST_RENDERER_CLASSES": [
        "custom.api.renderers.JSONRenderer",
        "custom.api.renderers.XMLRenderer",
    ],
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%SZ",
    "URL_FORMAT_OVERRIDE": "format",
}
# --- Rate limits: docs/operations.md ----------------------------------------------

# "10/min" for both, or "10/min,60/min" for account and address; "" is no limit.
RATE_PER_MINUTE = env.str("RATE_PER_MINUTE", default="256/min")
RATE_LOGIN = env.str("RATE_LOGIN", default="20/min,60/min")
RATE_REGISTRATION = env.str("RATE_REGISTRATION", default="5/min,30/min")
RATE_PASSWORD_RESET = env.str("RATE_PASSWORD_RESET", default="5/hour,60/hour")
RATE_VOUCHER = env.str("RATE_VOUCHER", default="20/min,60/min")
RATE_ORDER = env.str("RATE_ORDER", default="60/min,600/min")
# Dotted paths of what yields rates of single accounts; the first that knows one wins.
RATE_OVERRIDES = ["users.selectors.user_rates", "partner.selectors.partner_rates"]
RATE_SHADOW = env.bool("RATE_SHADOW", default=False)  # count, never refuse
RATE_FREE_PATHS = ["/api/rate-limit/"]
RATE_STORE_SECONDS = 0.045  # to connect, to answer; a first request loses at most 60 ms
RATE_STORE = {
    "URL": env.str("RATE_REDIS_URL", default=REDIS_URL),
    "CONNECT_TIMEOUT": RATE_STORE_SECONDS,
    "TIMEOUT": RATE_STORE_SECONDS,
    "COOLDOWN": 5.0,  # seconds between two probes of a Redis that fails
}
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # empty: /metrics is not there

SPECTACULAR_SETTINGS = {
    "TITLE": "Shop API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {  # several are called "status"
        "OrderStatusEnum": "orders.models.Order.Status",
        "PaymentStandingEnum": "payments.models.Payment.Status",
        "RefundStatusEnum": "payments.models.Refund.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "custom.api.schema.add_rate_limits",
        "custom.api.schema.add_problems",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
API_BODY_LIMIT = 1024 * 1024  # bytes
WEBHOOK_BODY_LIMIT = 256 * 1024  # bytes
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes; admin forms
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/"
CORS_EXPOSE_HEADERS = [
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "ETag",
    "Location",
    "X-Request-ID",
    "X-Basket-Token",
    "Idempotent-Replayed",
]
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-basket-token",
    "x-order-token",
    "x-request-id",
]

# --- The shop itself -------------------------------------------------------------

SHOP_NAME = env.str("SHOP_NAME", default="Film Shop")
SHOP_CURRENCY = env.str("SHOP_CURRENCY", default="EUR")
SHOP_PRICES_INCLUDE_TAX = env.bool("SHOP_PRICES_INCLUDE_TAX", default=True)
# Of the net price; where the tax tables set no rate.
SHOP_TAX_RATE = env.str("SHOP_TAX_RATE", default="0.20")
SHOP_COUNTRIES = env.list(
    "SHOP_COUNTRIES",
    default=["AT", "BE", "CH", "DE", "DK", "ES", "FR", "GB", "IE", "IT", "NL", "US"],
)
# Code of a payment provider -> dotted path of its class; payments.checks imports each.
PAYMENT_PROVIDERS = {
    "invoice": "payments.providers.manual.InvoiceProvider",
    "cash_on_delivery": "payments.providers.manual.CashOnDeliveryProvider",
    "stripe": "payments.providers.stripe.StripeProvider",
    "dummy": "payments.providers.dummy.DummyProvider",
}
# What buyers may choose from, in this order; payments made before stay as they are.
PAYMENT_METHODS = env.list("PAYMENT_METHODS", default=["invoice", "cash_on_delivery"])
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_PUBLISHABLE_KEY = env.str("STRIPE_PUBLISHABLE_KEY", default="")
# Several while one takes the place of another.
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRET", default=[])
STRIPE_CAPTURE = env.str("STRIPE_CAPTURE", default="automatic")  # or "manual"
STRIPE_SECONDS = env.float("STRIPE_SECONDS", default=5.0)  # for one answer
BASKET_DAYS = env.int("BASKET_DAYS", default=30)  # guests' baskets are kept so long
# Whose taxes are shown to a buyer who has not said where the goods go.
SHOP_HOME_COUNTRY = env.str("SHOP_HOME_COUNTRY", default=next(iter(SHOP_COUNTRIES), ""))
SHOP_UNPAID_MINUTES = env.int("SHOP_UNPAID_MINUTES", default=24 * 60)
SHOP_RETURN_DAYS = env.int("SHOP_RETURN_DAYS", default=14)  # from the delivery
# Carrier's code -> its page of a parcel, with {number} in it.
SHOP_CARRIERS = {
    "dhl": "https://www.dhl.com/en/express/tracking.html?AWB={number}",
    "dpd": "https://tracking.dpd.de/status/en_US/parcel/{number}",
    "post": "https://www.post.at/en/s/track-item?snr={number}",
    "ups": "https://www.ups.com/track?tracknum={number}",
} | env.dict("SHOP_CARRIERS", default={})
SHOP_DEMO = env.bool("SHOP_DEMO", default=False)  # creates accounts anyone may use

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Files -------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))
STORAGES = {
    "default": {"BACKEND": "cachebuster.files.HashedMediaStorage"},
    "staticfiles": {"BACKEND": "cachebuster.storage.CacheBusterStorage"},
}
CACHEBUSTER = {"STAMP": env.str("CACHEBUSTER_STAMP", default="hash")}
# A bundle's sources run alone as well, so they are not wrapped in a function.
PIPELINE = {
    "PIPELINE_ENABLED": True,  # pages name bundles in development too
    "PIPELINE_COLLECTOR_ENABLED": False,
    "DISABLE_WRAPPER": True,
    "JS_COMPRESSOR": "cachebuster.compressors.TdewolffCompressor",
    "CSS_COMPRESSOR": "cachebuster.compressors.RcssminCompressor",
    "JAVASCRIPT": {
        "stats": {
            "source_filenames": (
                "stats/numbers.js",
                "stats/times.js",
                "stats/chart.js",
            ),
            "output_filename": "js/stats.js",
            "extra_context": {"defer": True},
        },
        "docs": {
            "source_filenames": ("docs/swagger.js",),
            "output_filename": "js/docs.js",
        },
    },
    "STYLESHEETS": {
        "admin": {
            "source_filenames": ("staff/admin.css", "staff/chart.css"),
            "output_filename": "css/admin.css",
        },
        "docs": {
            "source_filenames": ("docs/docs.css",),
            "output_filename": "css/docs.css",
        },
        "mailbox": {
            "source_filenames": ("pages/mailbox.css",),
            "output_filename": "css/mailbox.css",
        },
        "pages": {
            "source_filenames": ("pages/pages.css",),
            "output_filename": "css/pages.css",
        },
    },
}

# --- Mail and logs -----------------------------------------------------------------

vars().update(env.email("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10  # seconds; far below the lease of custom.outbox
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="shop@example.com")
# Where a client's own pages take the token of a mail: "https://…/verify?t={token}".
# Empty: the mail shows the token alone.
EMAIL_VERIFICATION_LINK = env.str("EMAIL_VERIFICATION_LINK", default="")
PASSWORD_RESET_LINK = env.str("PASSWORD_RESET_LINK", default="")
PASSWORD_RESET_TIMEOUT = 24 * 3600  # seconds; of every token that is mailed
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")  # for links in mails

LOG_FORMAT = env.str("LOG_FORMAT", default="json")  # or "console"
LOGGING_CONFIG = "custom.logging.configure"
LOGGING = {"format": LOG_FORMAT, "level": env.str("LOG_LEVEL", default="INFO")}
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # nothing personal in logs
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # RequestIdMiddleware saw it first
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = 20  # INFO: a client's mistake is not ours
DJANGO_STRUCTLOG_CELERY_ENABLED = True

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
