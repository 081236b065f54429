"""Processes that are metered: run by a test with a directory for their counts."""

import sys

import django


def main() -> None:
    """Let one caller in twice and refuse him thrice, then print the counters."""
    django.setup()
    from django.test import Client, override_settings  # noqa: PLC0415 - after setup

    from custom.throttling import metrics  # noqa: PLC0415

    with override_settings(RATE_PER_MINUTE="2/min"):
        for _ in range(5):
            Client().get("/api/shop/", REMOTE_ADDR=sys.argv[1])
        with override_settings(RATE_SHADOW=True):
            Client().get("/api/shop/", REMOTE_ADDR=sys.argv[1])
        Client().get("/api/rate-limit/", REMOTE_ADDR=sys.argv[1])
    sys.stdout.write(metrics.render().decode())


if __name__ == "__main__":
    main()
