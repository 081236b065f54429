"""Every write to accounts, their passwords and their tokens."""

from users.services.accounts import (
    register_user,
    request_verification,
    update_profile,
    verify_email,
)
from users.services.devices import (
    SignIn,
    end_sessions,
    extend_token,
    log_in,
    log_out,
    log_out_everywhere,
)
from users.services.passwords import (
    change_password,
    request_password_reset,
    reset_password,
)

__all__ = [
    "SignIn",
    "change_password",
    "end_sessions",
    "extend_token",
    "log_in",
    "log_out",
    "log_out_everywhere",
    "register_user",
    "request_password_reset",
    "request_verification",
    "reset_password",
    "update_profile",
    "verify_email",
]
