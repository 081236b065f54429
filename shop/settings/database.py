"""The database: every figure's reason is in docs/architecture.md."""

from shop.settings.environment import *

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
    "ENGINE": "custom.mysql",
    "ATOMIC_REQUESTS": False,  # custom.transactions owns transactions
    "CONN_MAX_AGE": 60,  # seconds
    "CONN_HEALTH_CHECKS": True,
    "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_unicode_520_ci"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
