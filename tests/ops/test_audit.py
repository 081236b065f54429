import json
from unittest import TestCase, mock

from script.lib import audit

GOOD = {"name": "django", "version": "5.2", "vulns": []}
BAD = {"name": "pillow", "version": "1.0", "vulns": [{"id": "CVE-1"}, {"id": "CVE-2"}]}
UNKNOWN = {"name": "django", "skip_reason": "not found"}


class AuditTests(TestCase):
    """script/lint audit"""

    def run_with(self, *answers: str) -> tuple[bool, list[str]]:
        done = [mock.Mock(stdout=answer) for answer in answers]
        with (
            mock.patch.object(audit.subprocess, "run", side_effect=done),
            mock.patch.object(audit, "say") as said,
        ):
            is_clean = audit.audit()
        return is_clean, [call.args[0] for call in said.call_args_list]

    def report(self, *packages: object) -> str:
        return json.dumps({"dependencies": packages})

    def test_nothing_known(self) -> None:
        answers = self.report(GOOD), self.report(GOOD, UNKNOWN)
        self.assertEqual(self.run_with(*answers), (True, []))

    def test_a_known_fault_fails(self) -> None:
        is_clean, said = self.run_with(self.report(GOOD), self.report(GOOD, BAD))
        self.assertFalse(is_clean)
        self.assertEqual(said, ["audit: pillow 1.0: CVE-1, CVE-2"])

    def test_without_an_index_it_asks_once_and_passes(self) -> None:
        for answer in ("", "no JSON", self.report(UNKNOWN)):
            is_clean, said = self.run_with(answer)
            self.assertTrue(is_clean)
            self.assertEqual(
                said, ["audit: skipped: no index of known faults is reachable"]
            )

    def test_an_index_that_goes_away_is_no_good_news(self) -> None:
        self.assertFalse(self.run_with(self.report(GOOD), "")[0])
