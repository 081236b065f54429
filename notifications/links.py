"""Where the API shows what a mail is about.

Django's ``reverse`` would import every view of the shop into the worker that sends
mails. Tests hold these addresses against it.
"""

from django.conf import settings

ORDER = "/api/order/{number}/"
STOCK_RECORD = "/api/partner/stock/{pk}/"


def absolute_link(path: str, **arguments: object) -> str:
    """Return the whole address of a path of this module, as clients see it."""
    return settings.SITE_URL.rstrip("/") + path.format(**arguments)
