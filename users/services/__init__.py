"""Every write to accounts, their passwords, their tokens and their keys."""

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
from users.services.keys import (
    NewKey,
    make_key,
    make_own_key,
    record_key_use,
    revoke_key,
)
from users.services.passwords import (
    change_password,
    request_password_reset,
    reset_password,
)

__all__ = [
    "NewKey",
    "SignIn",
    "change_password",
    "end_sessions",
    "extend_token",
    "log_in",
    "log_out",
    "log_out_everywhere",
    "make_key",
    "make_own_key",
    "record_key_use",
    "register_user",
    "request_password_reset",
    "request_verification",
    "reset_password",
    "revoke_key",
    "update_profile",
    "verify_email",
]
