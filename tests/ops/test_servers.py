import os
import socket
import stat
import tempfile
from pathlib import Path
from unittest import TestCase

import MySQLdb
from redis import Redis as Client

from script.lib import records
from script.lib.console import ScriptError
from script.lib.servers import MariaDB, Redis, socket_directory
from tests.servers import OWNER, end_left_overs, own_server, temporary_directory


class SocketDirectoryTests(TestCase):
    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)

    def test_a_short_plain_path_is_used_and_private(self) -> None:
        home = self.place / "run"
        self.assertEqual(socket_directory(home), home)
        self.assertEqual(stat.S_IMODE(home.stat().st_mode), 0o700)

    def test_a_path_too_long_for_a_socket_moves_to_a_short_private_place(self) -> None:
        home = self.place / ("long" * 25)
        found = socket_directory(home)
        self.addCleanup(found.rmdir)
        self.assertLessEqual(len(os.fsencode(found / "mariadb.sock")), 107)
        self.assertEqual(stat.S_IMODE(found.stat().st_mode), 0o700)
        self.assertEqual(socket_directory(home), found)

    def test_a_path_that_an_address_would_spell_otherwise_moves_too(self) -> None:
        found = socket_directory(self.place / "a b?é")
        self.addCleanup(found.rmdir)
        self.assertNotIn(" ", str(found))

    def test_a_short_place_open_to_others_is_refused(self) -> None:
        home = self.place / ("long" * 25)
        found = socket_directory(home)
        self.addCleanup(found.rmdir)
        found.chmod(0o755)
        with self.assertRaises(ScriptError):
            socket_directory(home)


class ServerTests(TestCase):
    def test_mariadb_in_a_long_path_with_spaces_is_as_the_shop_needs_it(self) -> None:
        with temporary_directory() as place:
            server = MariaDB(place / "a path with spaces" / ("long" * 25))
            self.addCleanup(server.stop)
            server.start()
            server.wait()
            link = MySQLdb.connect(
                unix_socket=str(server.socket), user="root", database="shop"
            )
            with link, link.cursor() as cursor:
                cursor.execute(
                    "SELECT @@character_set_database, @@collation_database,"
                    " @@innodb_flush_log_at_trx_commit, @@sync_binlog,"
                    " @@tx_isolation, @@skip_networking, @@max_connections,"
                    " CONVERT_TZ('2026-07-01 12:00:00', 'UTC', 'Europe/Paris')"
                )
                row = cursor.fetchone()
            self.assertEqual(row[:2], ("utf8mb4", "utf8mb4_unicode_520_ci"))
            self.assertEqual(row[2:7], (1, 1, "READ-COMMITTED", 1, 200))
            self.assertEqual(str(row[7]), "2026-07-01 14:00:00")
            server.stop()
            self.assertFalse(records.is_alive(server.record))
            self.assertFalse(server.socket.parent.exists())

    def test_a_killed_redis_starts_again_with_its_data(self) -> None:
        with temporary_directory() as place:
            first = Redis(place)
            self.addCleanup(first.kill)
            first.start()
            first.wait()
            client = Client.from_url(first.url)
            client.config_set("appendfsync", "always")
            client.set("kept", "yes")
            client.close()
            second = Redis(place)  # its owner was killed: nothing was stopped
            self.addCleanup(second.stop)
            second.start()
            second.wait()
            again = Client.from_url(second.url)
            self.assertEqual(again.get("kept"), b"yes")
            self.assertEqual(
                again.config_get("maxmemory-policy")["maxmemory-policy"], "noeviction"
            )
            again.close()

    def test_a_server_that_cannot_start_says_why(self) -> None:
        with temporary_directory() as place:
            server = Redis(place)
            server.data.mkdir()
            (server.data / "appendonlydir").touch()  # where Redis needs a directory
            server.start()
            with self.assertRaisesRegex(ScriptError, "append-only dir"):
                server.wait()
            server.stop()

    def test_a_server_of_one_test_can_be_killed(self) -> None:
        with own_server(Redis) as server:
            server.kill()
            with socket.socket(socket.AF_UNIX) as link, self.assertRaises(OSError):
                link.connect(str(server.socket))


class LeftOverTests(TestCase):
    def test_servers_of_a_killed_run_are_ended_and_its_files_deleted(self) -> None:
        with temporary_directory() as place:
            gone, alive = place / "run-gone", place / "run-alive"
            servers = [Redis(home, durable=False) for home in (gone, alive)]
            for server in servers:
                self.addCleanup(server.kill)
                server.start()
                server.wait()
            records.record_own(alive / OWNER)
            end_left_overs(place)
            self.assertFalse(gone.exists())
            self.assertFalse(servers[0]._is_ready())
            self.assertTrue(servers[1]._is_ready())
