"""Every write to the ledger of money."""

from payments.services.making import cancel_payments, create_payment, replace_payment
from payments.services.moving import (
    capture_payments,
    carry_out_capture,
    carry_out_refund,
    carry_out_void,
    refund_payments,
)
from payments.services.recording import record_state
from payments.services.starting import StartedPayment, resume_payment, start_payment

__all__ = [
    "StartedPayment",
    "cancel_payments",
    "capture_payments",
    "carry_out_capture",
    "carry_out_refund",
    "carry_out_void",
    "create_payment",
    "record_state",
    "refund_payments",
    "replace_payment",
    "resume_payment",
    "start_payment",
]
