from datetime import UTC, date, datetime, timedelta

from django.test import SimpleTestCase, override_settings

from stats.checks import check_time_zone
from stats.days import bounds, day_of, start_of
from stats.periods import Period, Step


def period(since: str, until: str) -> Period:
    return Period(date.fromisoformat(since), date.fromisoformat(until))


def dates(found: Period) -> tuple[str, str]:
    return found.since.isoformat(), found.until.isoformat()


class PeriodTests(SimpleTestCase):
    """stats.periods.Period"""

    def test_before(self) -> None:
        for now, before in {
            ("2026-11-25", "2026-11-25"): ("2026-11-24", "2026-11-24"),
            ("2026-11-10", "2026-11-19"): ("2026-10-31", "2026-11-09"),
            ("2026-03-01", "2026-03-31"): ("2026-02-01", "2026-02-28"),
            ("2026-01-01", "2026-03-31"): ("2025-10-01", "2025-12-31"),
            ("2025-11-01", "2026-02-28"): ("2025-07-01", "2025-10-31"),
        }.items():
            with self.subTest(now):
                self.assertEqual(dates(period(*now).before), before)

    def test_a_year_ago(self) -> None:
        for now, ago in {
            ("2026-11-10", "2026-11-19"): ("2025-11-10", "2025-11-19"),
            ("2024-02-29", "2024-03-05"): ("2023-02-28", "2023-03-05"),
            ("2025-02-01", "2025-02-28"): ("2024-02-01", "2024-02-29"),
        }.items():
            with self.subTest(now):
                self.assertEqual(dates(period(*now).year_ago), ago)

    def test_cut(self) -> None:
        span = period("2026-01-28", "2026-02-10")  # Wednesday to Tuesday
        self.assertEqual(len(list(span.cut(Step.DAY))), 14)
        self.assertEqual(
            list(map(dates, span.cut(Step.WEEK))),
            [
                ("2026-01-28", "2026-02-01"),
                ("2026-02-02", "2026-02-08"),
                ("2026-02-09", "2026-02-10"),
            ],
        )
        self.assertEqual(
            list(map(dates, span.cut(Step.MONTH))),
            [("2026-01-28", "2026-01-31"), ("2026-02-01", "2026-02-10")],
        )

    def test_split(self) -> None:
        for span, edges, months in (
            (("2026-01-05", "2026-01-20"), [("2026-01-05", "2026-01-20")], None),
            (("2026-01-05", "2026-02-20"), [("2026-01-05", "2026-02-20")], None),
            (("2026-01-01", "2026-01-31"), [], ("2026-01-01", "2026-01-31")),
            (
                ("2025-12-31", "2026-03-01"),
                [("2025-12-31", "2025-12-31"), ("2026-03-01", "2026-03-01")],
                ("2026-01-01", "2026-02-28"),
            ),
        ):
            with self.subTest(span):
                found, whole = period(*span).split()
                self.assertEqual(list(map(dates, found)), edges)
                self.assertEqual(dates(whole) if whole else None, months)


class DayTests(SimpleTestCase):
    """The shop's days"""

    def test_days_of_23_24_and_25_hours(self) -> None:
        with override_settings(SHOP_TIME_ZONE="Europe/Berlin"):
            for day, hours in (
                ("2026-03-29", 23),
                ("2026-03-30", 24),
                ("2026-10-25", 25),
            ):
                start, end = bounds(date.fromisoformat(day))
                self.assertEqual(end - start, timedelta(hours=hours), day)
                self.assertEqual(day_of(start).isoformat(), day)
                last = end - timedelta(microseconds=1)
                self.assertEqual(day_of(last).isoformat(), day)

    def test_zones_that_change_at_midnight(self) -> None:
        """Cuba skips midnight in March and has it twice in November."""
        with override_settings(SHOP_TIME_ZONE="America/Havana"):
            self.assertEqual(
                start_of(date(2026, 3, 8)), datetime(2026, 3, 8, 5, tzinfo=UTC)
            )
            self.assertEqual(
                start_of(date(2026, 11, 1)), datetime(2026, 11, 1, 4, tzinfo=UTC)
            )
            start, end = bounds(date(2026, 11, 1))
            self.assertEqual(end - start, timedelta(hours=25))

    def test_a_zone_that_is_none(self) -> None:
        self.assertEqual(check_time_zone(None), [])
        for name in ("Europe/Atlantis", "", "../etc/passwd"):
            with override_settings(SHOP_TIME_ZONE=name):
                (error,) = check_time_zone(None)
                self.assertEqual(error.id, "stats.E001")
