"""What a WSGI server imports."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from custom.wsgi import read_headers_safely

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.prod")
application = read_headers_safely(get_wsgi_application())
# What the shop is made of stays for good: without this, every full collection looks
# through all of it, for longer than a page takes.
gc.collect()
gc.freeze()
