"""What a WSGI server imports."""

import os

from django.core.wsgi import get_wsgi_application

from custom.wsgi import read_headers_safely

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.prod")
application = read_headers_safely(get_wsgi_application())
