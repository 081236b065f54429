"""What is kept of the staff's work, and of how they sign in."""

from datetime import timedelta

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from custom.privacy import Holding, NotPersonal, Person, Retention
from custom.privacy.batches import delete_all
from staff.access import purge_access_entries
from staff.models import AccessEntry
from users.models import User


def _looks(person: Person) -> QuerySet[AccessEntry]:
    """Return looks at the account's own page, and those that its owner took."""
    label = User._meta.label_lower  # noqa: SLF001 - public
    at_them = Q(model=label, object_pk=str(person.pk))
    return AccessEntry.objects.filter(Q(user=person.pk) | at_them)


def _factors_of(person: Person) -> QuerySet[Authenticator]:
    factors: QuerySet[Authenticator] = Authenticator.objects.filter(user=person.pk)
    return factors


def _addresses_of(person: Person) -> QuerySet[EmailAddress]:
    addresses: QuerySet[EmailAddress] = EmailAddress.objects.filter(user=person.pk)
    return addresses


def _confirmations_of(person: Person) -> QuerySet[EmailConfirmation]:
    found: QuerySet[EmailConfirmation] = EmailConfirmation.objects.filter(
        email_address__user=person.pk
    )
    return found


def _old_looks() -> QuerySet[AccessEntry]:
    limit = timezone.now() - timedelta(days=settings.STAFF_ACCESS_DAYS)
    return AccessEntry.objects.before(limit)


HOLDINGS = (
    Holding(
        model="staff.AccessEntry",
        name="looks",
        tells="When staff looked at your account, and what you exported of it.",
        personal=("user", "object_pk"),
        rows=_looks,
        shown=("at", "action"),
        erasure="Nothing: entries name a number alone.",
        kept="That somebody looked at the account, by its number; deleted by age.",
        until=lambda _person: (
            timezone.now() + timedelta(days=settings.STAFF_ACCESS_DAYS)
        ).date(),
    ),
    Holding(
        model="mfa.Authenticator",
        name="second_factors",
        tells="Your second factors.",
        personal=("user", "data"),
        rows=_factors_of,
        shown=("type", "created_at", "last_used_at"),
        erasure="Deleted.",
        erase=lambda person: delete_all(_factors_of(person)),
    ),
    Holding(
        model="account.EmailConfirmation",
        name="address_proofs",
        tells="Mails that ask whether an address is yours.",
        personal=("email_address",),
        rows=_confirmations_of,
        shown=("created", "sent"),
        erasure="Deleted.",
        erase=lambda person: delete_all(_confirmations_of(person)),
    ),
    Holding(
        model="account.EmailAddress",
        name="sign_in_addresses",
        tells="Addresses you sign in with on the shop's own pages.",
        personal=("user", "email"),
        rows=_addresses_of,
        shown=("email", "verified", "primary"),
        erasure="Deleted.",
        erase=lambda person: delete_all(_addresses_of(person)),
    ),
)
NOT_PERSONAL = (
    NotPersonal(
        "staff.SecondFactor", ("user", "data"), "the same rows as the factors'"
    ),
)
RETENTIONS = (
    Retention(
        data="Looks of the staff at personal data",
        period="`STAFF_ACCESS_DAYS` from the look",
        due=_old_looks,
        apply=purge_access_entries,
        task="staff.purge_access_entries",
    ),
)
