"""Redis with what lives on it (cache, sessions, Celery), and the outbox."""

from shop.settings.caching import CDN_PURGE_URL
from shop.settings.environment import *

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
CELERY_WORKER_POOL = "threads"  # tasks wait, for the database and for others' servers
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "relay-outbox": {"task": "custom.relay_outbox", "schedule": 2.0},  # seconds
    "follow-windows": {"task": "catalogue.follow_windows", "schedule": 2.0},
    "publish-rates": {"task": "custom.publish_rates", "schedule": 60.0},
    "purge-idempotency-keys": {
        "task": "custom.purge_idempotency_keys",
        "schedule": 3600.0,
    },
    "sweep-payments": {"task": "payments.sweep_payments", "schedule": 30.0},
    "expire-orders": {"task": "orders.expire_orders", "schedule": 60.0},
    "refresh-stats": {"task": "stats.refresh", "schedule": 30.0},
    "count-baskets": {"task": "stats.count_baskets", "schedule": 300.0},
    "purge-history": {"task": "custom.purge_history", "schedule": 86400.0},
    "purge-outbox": {"task": "custom.purge_outbox", "schedule": 3600.0},
    "purge-baskets": {"task": "basket.purge_baskets", "schedule": 3600.0},
    "purge-stock-imports": {
        "task": "partner.purge_stock_imports",
        "schedule": 3600.0,
    },
    "purge-product-bulks": {"task": "catalogue.purge_bulks", "schedule": 3600.0},
    "purge-tombstones": {"task": "catalogue.purge_tombstones", "schedule": 3600.0},
    "purge-fruitless-queries": {
        "task": "search.purge_fruitless_queries",
        "schedule": 3600.0,
    },
    "purge-imports": {"task": "exchange.purge_imports", "schedule": 86400.0},
    "purge-sign-in-tries": {"task": "users.purge_tries", "schedule": 3600.0},
    "purge-email-changes": {"task": "users.purge_email_changes", "schedule": 3600.0},
    "warn-unused": {"task": "users.warn_unused", "schedule": 86400.0},
    "advance-erasures": {"task": "users.advance_erasures", "schedule": 60.0},
    "apply-retention": {"task": "custom.apply_retention", "schedule": 86400.0},
    "purge-access-entries": {
        "task": "staff.purge_access_entries",
        "schedule": 3600.0,
    },
}
PAGE_HANDLERS = (  # of topics with ``tags``
    "custom.caching.handlers.raise_again",
    *(("custom.caching.handlers.purge_cdn",) if CDN_PURGE_URL else ()),
)
# Topic -> dotted path of its handler, or paths of several; custom.checks imports each.
OUTBOX_HANDLERS: dict[str, str | tuple[str, ...]] = {
    "order.placed": (
        "notifications.tasks.send_order_confirmation",
        "stats.tasks.follow_order",
    ),
    "order.paid": (),
    "order.shipped": "notifications.tasks.send_order_shipped",
    "order.cancelled": (
        "notifications.tasks.send_order_cancelled",
        "stats.tasks.follow_order",
    ),
    "order.refunded": "notifications.tasks.send_order_refunded",
    "order.returned": "stats.tasks.follow_order",
    "order.credited": "stats.tasks.follow_order",
    "order.imported": "stats.tasks.follow_import",
    "payment.changed": (
        "orders.tasks.follow_payments",
        "stats.tasks.follow_payment",
    ),
    "product.changed": (
        "search.tasks.follow_product_changes",
        "catalogue.tasks.number_product_changes",
        *PAGE_HANDLERS,
    ),
    "page.changed": PAGE_HANDLERS,
    "import.due": "exchange.tasks.advance_import",
    "history.undo": "custom.tasks.advance_undo",
    "stock.low": "notifications.tasks.send_low_stock",
    "user.registered": "notifications.accounts.send_verification",
    "user.address_proved": "orders.tasks.claim_guest_orders",
    "user.erased": "notifications.erasures.send_erasure_receipt",
    "user.erasure_asked": "notifications.erasures.send_erasure_asked",
    "user.verification_wanted": "notifications.accounts.send_verification",
    "user.email_change_wanted": (
        "notifications.accounts.send_email_confirmation",
        "notifications.accounts.send_email_change_wanted",
    ),
    "guest.data_wanted": "notifications.guests.send_guest_data",
    "user.email_changed": "notifications.accounts.send_email_changed",
    "user.sign_in_locked": "notifications.accounts.send_sign_in_locked",
    "user.password_reset_wanted": "notifications.accounts.send_password_reset",
    "key.made": "notifications.keys.send_key_made",
    "key.revoked": "notifications.keys.send_key_revoked",
    "factor.changed": "notifications.factors.send_factor_changed",
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
