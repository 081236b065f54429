"""Mails that are kept as files instead of being sent, for who develops the shop."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

FILE_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
SEPARATOR = b"\n" + b"-" * 79 + b"\n"  # what the backend writes after each mail
MOST = 100  # mails shown


@dataclass(frozen=True, slots=True)
class KeptMail:
    """One mail as it would have been sent."""

    key: str
    sent_at: str
    sender: str
    to: str
    subject: str
    text: str
    html: str


def is_kept() -> bool:
    """Tell whether this shop keeps its mails as files."""
    return bool(settings.EMAIL_BACKEND == FILE_BACKEND)


def kept_mails() -> list[KeptMail]:
    """Return the newest mails, the newest first."""
    if not is_kept():
        return []
    mails: list[KeptMail] = []
    folder = Path(settings.EMAIL_FILE_PATH)  # type: ignore[misc]
    # The names of files begin with the second they were made in.
    for path in sorted(folder.glob("*.log"), reverse=True):
        mails += reversed(list(_read(path)))
        if len(mails) >= MOST:
            break
    return mails[:MOST]


def find_mail(key: str) -> KeptMail | None:
    """Return a mail by its key, if it is among the newest."""
    return next((mail for mail in kept_mails() if mail.key == key), None)


def _read(path: Path) -> Iterator[KeptMail]:
    """Read the mails of one file, in the order they were written."""
    for number, source in enumerate(path.read_bytes().split(SEPARATOR)):
        if source.strip():
            mail = message_from_bytes(source, EmailMessage, policy=policy.default)
            yield KeptMail(
                key=f"{path.stem}.{number}",
                sent_at=str(mail["Date"]),
                sender=str(mail["From"]),
                to=str(mail["To"]),
                subject=str(mail["Subject"]),
                text=_body(mail, "plain"),
                html=_body(mail, "html"),
            )


def _body(mail: EmailMessage, kind: str) -> str:
    """Return one form of a mail's text; empty if it has none."""
    part = mail.get_body((kind,))
    return "" if part is None else str(part.get_content())
