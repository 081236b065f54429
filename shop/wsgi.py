"""What a WSGI server imports."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import reverse

from custom.wsgi import read_headers_safely
from shop.preloading import preload

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.prod")
application = read_headers_safely(get_wsgi_application())
# Django would import these with the first requests, in each worker: views, and others.
reverse("health-live")
preload()
# What the shop is made of stays for good: without this, every full collection looks
# through all of it, for longer than a page takes. Nothing is collected before: a freed
# place is soon written to, and its page is shared with other workers no longer.
gc.freeze()
