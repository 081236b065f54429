import socket
import threading

from django.conf import settings
from django.test import SimpleTestCase
from django_redis.cache import RedisCache


class HungRedisTests(SimpleTestCase):
    """A Redis that takes connections and never answers."""

    def test_a_read_is_given_up_after_one_try(self) -> None:
        taken: list[socket.socket] = []
        with socket.create_server(("127.0.0.1", 0)) as server:

            def accept() -> None:
                while True:
                    try:
                        taken.append(server.accept()[0])
                    except OSError:
                        return

            thread = threading.Thread(target=accept)
            thread.start()
            address = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
            cache = RedisCache(address, dict(settings.CACHES["default"]))
            with self.assertLogs("django_redis.cache", "ERROR"):
                self.assertIsNone(cache.get("key"))
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
        self.assertEqual(len(taken), 1)
        for connection in taken:
            connection.close()
