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
from users.services.emails import (
    confirm_email_change,
    request_email_change,
    stop_email_change,
)
from users.services.erasing import (
    advance_erasures,
    close_account,
    erase_user,
    forget_receipt_address,
    warn_unused,
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
    confirm_password,
    request_password_reset,
    reset_password,
    store_password,
)
from users.services.tries import (
    count_code,
    forget_tries,
    unlock_for,
    unlock_sign_in,
    user_of_password,
)
from users.services.wishes import (
    request_erasure,
    start_erasure,
    start_guest_erasure,
    withdraw_erasure,
)

__all__ = [
    "NewKey",
    "SignIn",
    "advance_erasures",
    "change_password",
    "close_account",
    "confirm_email_change",
    "confirm_password",
    "count_code",
    "end_sessions",
    "erase_user",
    "extend_token",
    "forget_receipt_address",
    "forget_tries",
    "log_in",
    "log_out",
    "log_out_everywhere",
    "make_key",
    "make_own_key",
    "record_key_use",
    "register_user",
    "request_email_change",
    "request_erasure",
    "request_password_reset",
    "request_verification",
    "reset_password",
    "revoke_key",
    "start_erasure",
    "start_guest_erasure",
    "stop_email_change",
    "store_password",
    "unlock_for",
    "unlock_sign_in",
    "update_profile",
    "user_of_password",
    "verify_email",
    "warn_unused",
    "withdraw_erasure",
]
