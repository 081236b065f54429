"""What a payment provider must be able to do; docs/payments.md builds one.

A provider translates: it talks to somebody else's books and answers in the dataclasses
here. It never touches the shop's tables, and it is never called inside a transaction.
Every call may be repeated with the same key and must move money only once.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID


class Standing(StrEnum):
    """Where a payment stands in the provider's books."""

    PENDING = "pending"  # nothing is certain; a next action may be wanted
    FAILED = "failed"  # refused; the buyer may try again
    AUTHORIZED = "authorized"  # reserved, to be captured or voided
    CANCELLED = "cancelled"  # can never be captured any more
    CAPTURED = "captured"  # received, if perhaps in part


class RefundStanding(StrEnum):
    """Where a refund stands in the provider's books."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What a provider is told of a payment.

    Attributes:
        key: Idempotency key, stored before the first call; the same for every call
            about this payment. Keys of single steps are made from it.
        reference: The provider's own id, at most 128 characters; empty until
            :meth:`Provider.create`.
    """

    payment: UUID
    order: UUID
    key: str
    amount: Decimal
    currency: str
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class NextAction:
    """What the buyer has to do before money moves; never stored."""

    type: str
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class RefundState:
    """One refund as the provider has it.

    Attributes:
        key: Of the shop's own refund; empty if somebody made it at the provider.
    """

    reference: str
    amount: Decimal
    standing: RefundStanding
    key: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class ChargeState:
    """One payment as the provider has it, now.

    Attributes:
        captured: Received in all; refunds do not lessen it.
        refunds: All there are, in any order.
        error: A short code (``card_declined``), not the provider's sentence.
        client_secret: For the buyer's browser alone; never stored or logged.
    """

    reference: str
    standing: Standing
    captured: Decimal = Decimal(0)
    refunds: tuple[RefundState, ...] = ()
    error: str = ""
    next_action: NextAction | None = None
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class WebhookEvent:
    """Something a provider announces; it says where to look, not what is true.

    Attributes:
        id: Unique in the provider's books; repeats have the same.
        reference: The provider's id of the payment; empty if it names none.
        payment: The shop's id, if the provider was given it.
    """

    id: str
    type: str
    reference: str = ""
    payment: UUID | None = None


class Provider(ABC):
    """One way of paying.

    Every method that reaches the network gives up after some seconds and then raises
    ``ProviderDownError``: what was asked may have happened. A refusal by the bank is
    an answer (``Standing.FAILED``), not an exception.

    Attributes:
        code: As stored and as clients name it.
        name: As buyers read it.
        needs_prepayment: The goods wait for the money; unpaid orders expire.
        is_manual: Nobody can be asked: staff record what comes in and goes out.
        is_collected_on_delivery: Handing the goods over is receiving the money.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    needs_prepayment: ClassVar[bool] = True
    is_manual: ClassVar[bool] = False
    is_collected_on_delivery: ClassVar[bool] = False

    @property
    def publishable_key(self) -> str:
        """Return what a browser needs to talk to the provider; empty if nothing."""
        return ""

    @abstractmethod
    def create(self, charge: Charge) -> str:
        """Open the payment in the provider's books and return its reference.

        Moves no money, so that it may be lost: the same key finds it again.
        """

    @abstractmethod
    def confirm(
        self, charge: Charge, *, token: str, return_url: str, attempt: int
    ) -> ChargeState:
        """Ask for the money.

        Args:
            charge: Created before: it has a reference.
            token: What the buyer's browser got from the provider; may be empty.
            return_url: Where the provider sends the buyer back to; may be empty.
            attempt: 1 for the first try of this payment, and so on.
        """

    @abstractmethod
    def fetch(self, charge: Charge) -> ChargeState:
        """Look the payment up; moves nothing.

        With ``client_secret`` and ``next_action`` where the buyer still needs them.
        """

    @abstractmethod
    def capture(self, charge: Charge, amount: Decimal) -> ChargeState:
        """Take this much of what is reserved; the rest is let go."""

    @abstractmethod
    def void(self, charge: Charge) -> ChargeState:
        """Let what is reserved go, and see to it that nothing can be captured."""

    @abstractmethod
    def refund(self, charge: Charge, amount: Decimal, *, key: str) -> RefundState:
        """Pay a part back, once for each key."""

    @abstractmethod
    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
        """Check the signature of a webhook and read it.

        Raises:
            BadSignatureError: It was not signed by the provider, or too long ago.
            KeyError, TypeError, ValueError: It is signed, but not what it should be.
        """
