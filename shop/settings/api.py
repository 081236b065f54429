"""The HTTP API: REST framework, its schema, rate limits, other sites' pages."""

from typing import Any

from shop.settings.environment import *
from shop.settings.queues import REDIS_URL

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "users.api.authentication.TokenAuthentication",
        "users.api.authentication.SessionAuthentication",
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
    "DEFAULT_FILTER_BACKENDS": ["custom.api.filters.FilterBackend"],
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

# Version -> custom.api.deprecation.Deprecation: its end is announced by headers.
API_DEPRECATED_VERSIONS: dict[str, Any] = {}

SPECTACULAR_SETTINGS = {
    "TITLE": "Shop API",
    "DESCRIPTION": (
        "JSON and XML alike, by `Accept`, `Content-Type` or `?format=`; "
        "`/api/schema.xsd` describes the XML. Versions: "
        "`Accept: application/json; version=1`. Every refusal is a problem document "
        "(RFC 9457) with a `code` for programs; new codes and members may come."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {  # members of several things have these names
        "AttributeKindEnum": "catalogue.models.AttributeDefinition.Kind",
        "OrderEventTypeEnum": "orders.models.OrderEvent.Type",
        "OrderStatusEnum": "orders.models.Order.Status",
        "PaymentStandingEnum": "payments.models.Payment.Status",
        "RefundStatusEnum": "payments.models.Refund.Status",
        "ReviewStateEnum": "reviews.models.Review.State",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "custom.api.schema.add_parts",
        "custom.api.schema.list_codes",
        "custom.api.schema_sharing.name_choices",
        "custom.api.schema.share_refusals",
        "custom.api.examples.add_examples",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
API_BODY_LIMIT = 1024 * 1024  # bytes
# Of one request to /api/admin/product/bulk/, which holds locks until all are written.
PRODUCT_BULK_ROWS = env.int("PRODUCT_BULK_ROWS", default=100)
# Forms with a file, and a path that takes them: the picture, and what is said of it.
API_UPLOAD_PATH = r"/api/admin/product/[0-9]+/image/"
API_UPLOAD_LIMIT = 20 * 1024 * 1024 + 64 * 1024  # bytes
WEBHOOK_BODY_LIMIT = 256 * 1024  # bytes
# Of everything else: a file to be imported (EXCHANGE_MAX_BYTES), several pictures.
PAGE_BODY_LIMIT = env.int("PAGE_BODY_LIMIT", default=128 * 1024 * 1024)  # bytes
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
    "Deprecation",
    "Sunset",
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

# Rate limits (docs/operations.md): "10/min" for account and address alike, or
# "10/min,60/min" for one and the other; "" is no limit.
RATE_PER_MINUTE = env.str("RATE_PER_MINUTE", default="256/min")
RATE_LOGIN = env.str("RATE_LOGIN", default="20/min,60/min")
RATE_REGISTRATION = env.str("RATE_REGISTRATION", default="5/min,30/min")
RATE_PASSWORD_RESET = env.str("RATE_PASSWORD_RESET", default="5/hour,60/hour")
RATE_VOUCHER = env.str("RATE_VOUCHER", default="20/min,60/min")
RATE_ORDER = env.str("RATE_ORDER", default="60/min,600/min")
RATE_EXPORT = env.str("RATE_EXPORT", default="5/hour,20/hour")
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
