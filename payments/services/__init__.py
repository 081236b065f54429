"""Every write to the ledger of money."""

from payments.services.forgetting import forget_reasons
from payments.services.importing import PastPayment, import_payments
from payments.services.making import (
    cancel_payment,
    cancel_payments,
    create_payment,
    lower_payment,
    replace_payment,
)
from payments.services.moving import (
    capture_payments,
    carry_out_capture,
    carry_out_refund,
    carry_out_void,
    refund_payments,
    repeat_refund,
)
from payments.services.receipts import record_receipt, record_repayment
from payments.services.reconciling import Difference, reconcile_payments
from payments.services.recording import record_state
from payments.services.starting import StartedPayment, resume_payment, start_payment
from payments.services.sweeping import check_payment, sweep_payments
from payments.services.webhooks import receive_webhook

__all__ = [
    "Difference",
    "PastPayment",
    "StartedPayment",
    "cancel_payment",
    "cancel_payments",
    "capture_payments",
    "carry_out_capture",
    "carry_out_refund",
    "carry_out_void",
    "check_payment",
    "create_payment",
    "forget_reasons",
    "import_payments",
    "lower_payment",
    "receive_webhook",
    "reconcile_payments",
    "record_receipt",
    "record_repayment",
    "record_state",
    "refund_payments",
    "repeat_refund",
    "replace_payment",
    "resume_payment",
    "start_payment",
    "sweep_payments",
]
