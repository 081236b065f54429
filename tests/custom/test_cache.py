import socket

from django.conf import settings
from django.test import SimpleTestCase
from django_redis.cache import RedisCache


class HungRedisTests(SimpleTestCase):
    """A Redis that takes connections and never answers."""

    def test_a_read_is_given_up_after_one_try(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
            default = settings.CACHES["default"]
            options = default["OPTIONS"] | {"SOCKET_TIMEOUT": 0.2}
            cache = RedisCache(address, default | {"OPTIONS": options})
            with self.assertLogs("django_redis.cache", "ERROR"):
                self.assertIsNone(cache.get("key"))
            # The system has taken them all: those who tried wait here.
            server.setblocking(False)
            server.accept()[0].close()
            with self.assertRaises(BlockingIOError):
                server.accept()
