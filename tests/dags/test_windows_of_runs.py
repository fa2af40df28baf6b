"""Which window a DAG run is for, whatever started it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest

from daybook_airflow.windows import hour_key, key_window, run_window
from pipeline.errors import UsageError
from pipeline.windows import DAY, HOUR, Window


@dataclass
class FakeRun:
    partition_key: str | None = None
    data_interval_start: datetime | None = None
    data_interval_end: datetime | None = None
    run_after: datetime = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


NINE = Window.parse("2026-03-02T09:00/2026-03-02T10:00")


def test_a_partition_key_comes_first() -> None:
    run = FakeRun(
        partition_key="2026-03-02T09:00:00",
        data_interval_start=datetime(2026, 1, 1, tzinfo=UTC),
        data_interval_end=datetime(2026, 1, 2, tzinfo=UTC),
    )
    assert run_window(run, {"window": "2025-01-01/2025-01-02"}, HOUR) == NINE


def test_then_the_window_that_was_asked_for() -> None:
    run = FakeRun(
        data_interval_start=datetime(2026, 1, 1, tzinfo=UTC), data_interval_end=datetime(2026, 1, 2, tzinfo=UTC)
    )
    assert run_window(run, {"window": "2026-03-02T09:00/2026-03-02T10:00"}, HOUR) == NINE


@pytest.mark.parametrize("asked", ["2026-03-02T09:00", "2026-03-02T09:00:00", " 2026-03-02T09:00Z "])
def test_an_hour_may_be_asked_for_by_its_start(asked: str) -> None:
    assert run_window(FakeRun(), {"window": asked}, HOUR) == NINE


def test_a_day_may_be_asked_for_by_its_date() -> None:
    assert run_window(FakeRun(), {"window": "2026-03-02"}, DAY) == Window.parse("2026-03-02/2026-03-03")


def test_then_the_data_interval_in_utc() -> None:
    east = timezone(timedelta(hours=5))
    run = FakeRun(
        data_interval_start=datetime(2026, 3, 2, 14, tzinfo=east),
        data_interval_end=datetime(2026, 3, 2, 15, tzinfo=east),
    )
    assert run_window(run, {"window": None}, HOUR) == NINE


@pytest.mark.parametrize("minute", [0, 1, 59])
def test_else_the_last_whole_hour_or_day(minute: int) -> None:
    moment = datetime(2026, 3, 2, 10, minute, 30, tzinfo=UTC)
    # Cron triggers give an interval without any length: it says nothing.
    run = FakeRun(data_interval_start=moment, data_interval_end=moment, run_after=moment)
    assert run_window(run, {}, HOUR) == NINE
    assert run_window(run, {}, DAY) == Window.parse("2026-03-01/2026-03-02")


def test_a_date_is_a_day_and_an_instant_an_hour() -> None:
    assert key_window("2026-03-02") == Window.parse("2026-03-02/2026-03-03")
    assert key_window("2026-03-02T09:00:00") == NINE
    assert key_window("2026-03-02T09:00:00+00:00") == NINE


@pytest.mark.parametrize("text", ["", "yesterday", "2026-3-2", "2026-13-01", "2026-03-02T25:00:00"])
def test_a_key_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(UsageError):
        key_window(text)


def test_a_window_that_cannot_be_read_is_named() -> None:
    with pytest.raises(UsageError, match="last tuesday"):
        run_window(FakeRun(), {"window": "last tuesday"}, HOUR)


def test_only_one_whole_clock_hour_has_a_key() -> None:
    assert hour_key(NINE) == "2026-03-02T09:00:00"
    assert key_window(hour_key(NINE) or "") == NINE
    assert hour_key(Window.parse("2026-03-02/2026-03-03")) is None
    assert hour_key(Window.parse("2026-03-02T09:30/2026-03-02T10:30")) is None
