"""How every mail of the shop is made: two forms of one text, safe headers."""

import re
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from functools import cache

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Engine

SUBJECT_LENGTH = 200  # characters
TYPED_LENGTH = 100
# What holds a link together: dots in any script, the marks behind scheme and mailbox.
_JOINTS = re.compile(r"[.\u3002\uff0e\uff61:\uff1a@\uff20](?=\S)")
_JOINERS = "\u200c\u200d"  # which some names need, unlike other unseen characters


def send_mail(
    template: str,
    *,
    to: Sequence[str],
    subject: str,
    context: Mapping[str, object],
    message_id: uuid.UUID,
) -> None:
    """Send one mail as text and as HTML, in the language that is active.

    Args:
        template: Name in ``templates/notifications``, without ``.txt`` or ``.html``.
        to: Addresses; all of them see each other.
        subject: May hold anything; it is made one line.
        context: For both templates; gets ``shop`` and ``subject`` as well.
        message_id: The same for each attempt, so that mail programs show one mail.

    Raises:
        OSError: The mail server refused the mail, or is not there.
    """
    subject = one_line(subject)
    engine = _engine()
    values = {**context, "subject": subject, "shop": settings.SHOP_NAME}
    mail = EmailMultiAlternatives(
        subject=subject,
        body=engine.render_to_string(f"notifications/{template}.txt", values),
        to=list(to),
        headers={
            "Message-ID": f"<{message_id}@{_domain()}>",
            "Auto-Submitted": "auto-generated",  # answers of machines stay away
        },
    )
    html = engine.render_to_string(f"notifications/{template}.html", values)
    mail.attach_alternative(html, "text/html")
    mail.send()


def one_line(text: str) -> str:
    """Return a text fit for a header: no line break can start another header."""
    return " ".join(text.split())[:SUBJECT_LENGTH]


def plain_words(typed: str) -> str:
    """Return what a stranger typed so that a mail can hold it: no link, one short line.

    Whoever orders types a name and anybody's address of mail. A dot or a colon is
    parted from what follows it, so that no mail program makes a link of it.
    """
    seen = (
        each
        for each in one_line(typed)
        if each in _JOINERS or unicodedata.category(each) not in {"Cc", "Cf"}
    )
    return _JOINTS.sub(r"\g<0> ", "".join(seen))[:TYPED_LENGTH]


@cache
def _engine() -> Engine:
    """Return what renders mails: with the tags of translations, and no others.

    The engine of pages imports what every app has of tags, and REST framework with
    them.
    """
    return Engine(
        dirs=[str(settings.BASE_DIR / "templates")],
        libraries={"i18n": "django.templatetags.i18n"},
    )


def _domain() -> str:
    """Return the domain the shop's mails come from."""
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return sender.rpartition("@")[2] or "localhost"
