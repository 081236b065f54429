"""Tests: a real MariaDB and Redis, cheap passwords, no files left behind."""

import os

for _name, _value in {
    "DJANGO_SECRET_KEY": "tests-only",
    "DJANGO_ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "DATABASE_URL": "mysql://root@127.0.0.1:3306/shop",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "LOG_LEVEL": "WARNING",
    "EMAIL_URL": "memorymail://",
    "PAYMENT_RETURN_ORIGINS": "https://shop.example",
    "PAYMENT_METHODS": "invoice,cash_on_delivery,dummy",
    # Tests of limits set their own; no other test may meet one.
    "RATE_PER_MINUTE": "60000/min",
    "CACHE_PAGES": "0",  # what a test never commits must not be kept
    "RATE_LOGIN": "60000/min",
    "RATE_REGISTRATION": "60000/min",
    "RATE_PASSWORD_RESET": "60000/min",
    "RATE_VOUCHER": "60000/min",
    "RATE_ORDER": "60000/min",
    "RATE_EXPORT": "60000/min",
    "STAFF_MFA_RATE": "60000/min",
}.items():
    os.environ.setdefault(_name, _value)

from shop.settings.base import *

# A busy machine is no dead Redis; tests of one wait as short as the shop does.
RATE_STORE |= {"CONNECT_TIMEOUT": 5.0, "TIMEOUT": 5.0}
CACHES["default"]["OPTIONS"] |= {"SOCKET_CONNECT_TIMEOUT": 5.0, "SOCKET_TIMEOUT": 5.0}
TEST_RUNNER = "tests.runner.Runner"
INSTALLED_APPS += ["django_linear_migrations", "django_migration_linter"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "cachebuster.storage.FreshStorage"}
# Outermost: every answer of the API is held against docs/openapi.yml. To describe it
# takes a process seconds: those that live for one test are told not to.
if os.environ.get("CHECK_CONTRACT", "1") == "1":
    MIDDLEWARE = ["tests.contract.middleware.ContractMiddleware", *MIDDLEWARE]
