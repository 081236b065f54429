"""What follows from a changed page, by the outbox; see custom.caching.versions."""

import urllib3
from django.conf import settings

from custom.batching import batched
from custom.caching.versions import get_versions
from custom.models import OutboxMessage
from custom.outbox import external_effect

MAX_KEYS = 100  # in one request to a CDN; Fastly takes 256
SUCCESS = range(200, 300)


class NotToldError(RuntimeError):
    """Somebody could not be told of a change; it is tried again later."""


@external_effect
def raise_again(message: OutboxMessage) -> None:
    """Raise what was raised after the commit, should that have failed.

    Raises:
        NotToldError: Redis does not answer.
    """
    if not get_versions().raise_tags(message.payload["tags"]):
        msg = "Redis does not answer"
        raise NotToldError(msg)


@external_effect
def purge_cdn(message: OutboxMessage) -> None:
    """Have the CDN drop whatever has one of these surrogate keys.

    Raises:
        NotToldError: It answered with something else than success.
        urllib3.exceptions.HTTPError: It did not answer.
    """
    tags: list[str] = message.payload["tags"]
    # The token is for this address alone: no redirect is followed.
    with urllib3.PoolManager(retries=False, timeout=settings.CDN_PURGE_SECONDS) as pool:
        for some in batched(tags, MAX_KEYS):
            headers = {"Surrogate-Key": " ".join(some)}
            if settings.CDN_PURGE_TOKEN:
                headers[settings.CDN_PURGE_HEADER] = settings.CDN_PURGE_TOKEN
            answer = pool.request(
                "POST", settings.CDN_PURGE_URL, headers=headers, preload_content=False
            )
            answer.release_conn()
            if answer.status not in SUCCESS:
                msg = f"the CDN answered {answer.status}"
                raise NotToldError(msg)
