"""When a body may be served, whatever happens to Redis in between."""

import os
import signal
import time
from unittest.mock import patch

import redis
from django.test import SimpleTestCase, TestCase
from structlog.testing import capture_logs

from custom import outbox
from custom.caching import versions
from custom.caching.handlers import NotToldError, raise_again
from custom.caching.versions import EVERYTHING, MAX_TAGS, SLOTS, announce, field_of
from custom.models import OutboxMessage
from script.lib.servers import Redis
from tests.custom.caching.actors import Process
from tests.custom.throttling.limits import PATIENT, own_limits
from tests.servers import own_server
from tests.waiting import wait_until

PATIENCE = 0.05  # seconds; as the shop's


class OwnRedisTestCase(SimpleTestCase):
    """Two processes on a Redis that keeps what it has written."""

    def setUp(self) -> None:
        self.enterContext(capture_logs())  # what is expected is no noise
        self.server = self.enterContext(own_server(Redis, durable=True))
        self.writer, self.reader = self.process(), self.process()
        self.reader.says(b"nothing")  # begins the versions

    def process(self, **options: float) -> Process:
        return Process(self.server.url, **options)


class RaisedTests(OwnRedisTestCase):
    """Changes, while Redis is well"""

    def test_a_body_is_served_until_what_it_shows_is_raised(self) -> None:
        self.assertEqual(self.reader.says(b"old"), b"old")
        self.assertEqual(self.writer.says(b"not asked"), b"old")
        self.assertTrue(self.writer.versions.raise_tags(["product-6", "products"]))
        self.assertEqual(self.reader.says(b"not asked"), b"old")
        self.writer.versions.raise_tags(["product-5"])
        self.assertEqual(self.reader.says(b"new"), b"new")
        self.assertEqual(self.process().says(b"not asked"), b"new")

    def test_everything(self) -> None:
        self.reader.says(b"old")
        self.writer.versions.raise_tags([EVERYTHING])
        self.assertEqual(self.reader.says(b"new"), b"new")

    def test_what_was_begun_before_a_change_is_not_served_after_it(self) -> None:
        page, body = self.reader.look_up()
        self.assertIsNone(body)
        self.writer.versions.raise_tags(["product-5"])  # while it is rendered
        self.reader.keep(page, b"old")
        self.assertEqual(self.reader.says(b"new"), b"new")

    def test_tags_learnt_from_rendering_count_from_its_beginning(self) -> None:
        """A page that begins to show another product, raised meanwhile."""
        self.reader.show(lambda: b"old", tags=("product-5",))
        self.writer.versions.raise_tags(["product-5"])
        page, _ = self.reader.look_up()
        self.writer.versions.raise_tags(["product-9"])
        self.reader.keep(page, b"between", tags=("product-9",))
        self.assertEqual(self.reader.says(b"new"), b"new")

    def test_a_process_that_does_not_know_a_pages_tags_asks_again(self) -> None:
        self.reader.says(b"old")
        self.writer.versions.raise_tags(["product-5"])
        _, body = self.process().look_up()
        self.assertIsNone(body)

    def test_tags_share_fields(self) -> None:
        self.assertEqual(field_of(f"product-{SLOTS + 5}"), "product-5")
        self.assertEqual(field_of("products"), "products")
        self.reader.says(b"old")
        self.writer.versions.raise_tags([f"product-{SLOTS + 5}"])
        self.assertEqual(self.reader.says(b"new"), b"new")


class FailureTests(OwnRedisTestCase):
    """Changes of which Redis is not told, or which it forgets"""

    def test_redis_is_emptied(self) -> None:
        self.reader.says(b"old")
        kept, _ = self.reader.look_up()
        redis.from_url(self.server.url).flushall()
        self.reader.keep(kept, b"old")  # it was being rendered
        self.reader.says(b"begins the versions")
        self.assertEqual(self.reader.says(b"new"), b"new")

    def test_redis_dies_is_not_told_and_remembers_what_was_before(self) -> None:
        redis.from_url(self.server.url).config_set("appendfsync", "always")
        self.assertEqual(self.reader.says(b"old"), b"old")
        self.server.kill()
        self.assertFalse(self.writer.versions.raise_tags(["product-5"]))
        self.server.start()
        self.server.wait()
        self.assertTrue(redis.from_url(self.server.url).keys("test:page:body:*"))
        # The reader has noticed nothing, and the writer tells nobody.
        self.assertEqual(self.reader.says(b"new"), b"new")

    def test_redis_dies_with_a_change_it_has_acknowledged(self) -> None:
        with own_server(Redis) as forgetful:  # begins anew from what it had saved
            reader, writer = Process(forgetful.url), Process(forgetful.url)
            reader.says(b"begins the versions")
            reader.says(b"old")
            saved = self.dump(forgetful)
            writer.versions.raise_tags(["product-5"])
            forgetful.kill()
            forgetful.start()
            forgetful.wait()
            self.restore(forgetful, saved)
            self.assertEqual(reader.says(b"new"), b"new")

    def dump(self, server: Redis) -> dict[bytes, bytes]:
        client = redis.from_url(server.url)
        return {key: client.dump(key) for key in client.keys("test:page:*")}

    def restore(self, server: Redis, saved: dict[bytes, bytes]) -> None:
        client = redis.from_url(server.url)
        for key, value in saved.items():
            client.restore(key, 0, value)

    def test_a_writer_that_was_not_heard_raises_everything_when_it_is(self) -> None:
        self.writer.says(b"old")
        with patch.object(self.writer.limiter, "insist", return_value=None):
            self.assertFalse(self.writer.versions.raise_tags(["product-5"]))
            self.assertEqual(self.writer.says(b"rendered"), b"rendered")
        self.assertEqual(self.reader.says(b"not asked"), b"old")  # nobody knows yet
        self.assertEqual(self.writer.says(b"new"), b"new")
        self.assertEqual(self.reader.says(b"not asked"), b"new")

    def test_who_has_given_redis_up_trusts_nothing_it_kept(self) -> None:
        """The writer is dead by then; the reader cannot know what it has missed."""
        reader = self.process()
        reader.says(b"old")
        reader.be_patient(PATIENCE)
        self.hang()
        for _ in range(3):
            self.assertEqual(reader.says(b"rendered"), b"rendered")
        self.assertEqual(reader.limiter.outages, 1)
        self.go_on()
        reader.be_patient()
        wait_until(lambda: reader.limiter.send([b"*1\r\n$4\r\nPING\r\n"]))
        self.assertEqual(reader.says(b"new"), b"new")
        self.assertEqual(self.reader.says(b"not asked"), b"new")

    def test_a_raise_is_tried_while_redis_is_left_alone(self) -> None:
        writer = self.process(patience=PATIENCE)
        self.reader.says(b"old")
        self.hang()
        for _ in range(3):
            writer.says(b"rendered")
        self.assertTrue(writer.limiter._breaker.is_open)
        self.go_on()
        writer.be_patient()
        # One whole answer later than the hang; no probe is due.
        writer.limiter._breaker._probe_at = time.monotonic() + 60
        self.assertTrue(writer.versions.raise_tags(["product-5"]))
        self.assertEqual(self.reader.says(b"new"), b"new")

    def hang(self) -> None:
        os.kill(self.server._process.pid, signal.SIGSTOP)
        self.addCleanup(self.go_on)

    def go_on(self) -> None:
        os.kill(self.server._process.pid, signal.SIGCONT)


class OutboxTests(TestCase):
    """The second way by which a change is told"""

    def raised(self, tags: list[str]) -> list[list[str]]:
        with self.captureOnCommitCallbacks():
            announce(tags)
        payloads = OutboxMessage.objects.filter(topic="page.changed")
        return [each.payload["tags"] for each in payloads]

    def test_it_is_told_once_and_in_order(self) -> None:
        self.assertEqual(
            self.raised(["products", "product-5", "products"]),
            [["product-5", "products"]],
        )

    def test_nothing_is_told_of_nothing(self) -> None:
        self.assertEqual(self.raised([]), [])

    def test_very_many_are_everything(self) -> None:
        many = [f"product-{number}" for number in range(MAX_TAGS + 1)]
        self.assertEqual(self.raised(many[1:]), [sorted(many[1:])])
        OutboxMessage.objects.all().delete()
        self.assertEqual(self.raised(many), [[EVERYTHING]])

    def test_the_message_raises_what_the_commit_has_not(self) -> None:
        with own_limits(**PATIENT) as server:
            reader = Process(server.url)
            versions.get_versions.cache_clear()
            self.addCleanup(versions.get_versions.cache_clear)
            process = versions.get_versions()
            with self.captureOnCommitCallbacks():  # killed before they ran
                announce(["product-5"])
            before = process.count()
            outbox.consume(OutboxMessage.objects.get().pk)
            self.assertEqual(process.count(), before + 1)
            self.assertEqual(OutboxMessage.objects.get().state, "done")
            self.assertIsNotNone(reader)

    def test_the_message_is_tried_again_without_redis(self) -> None:
        with own_limits("unix:///nowhere/redis.sock?db=0"), capture_logs():
            message = OutboxMessage(topic="page.changed", payload={"tags": ["shop"]})
            with self.assertRaises(NotToldError):
                raise_again(message)
