"""Times as pages write them, and the choice among several."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.text.dates import choose_dates
from pipeline.text.stamps import read_stamp

FETCHED = datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "utc", "precision"),
    [
        ("2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00", "second"),
        ("2026-03-02T10:00:00.123Z", "2026-03-02T10:00:00", "second"),
        ("2026-03-02T10:00+0100", "2026-03-02T09:00:00", "minute"),
        ("2026-03-02 10:00:00Z", "2026-03-02T10:00:00", "second"),
        ("2026-03-02 10:00:00.000000-0400", "2026-03-02T14:00:00", "second"),
        ("2026-03-02", "2026-03-02T00:00:00", "day"),
        ("2026 03 02", "2026-03-02T00:00:00", "day"),
        ("2026. 3. 2.", "2026-03-02T00:00:00", "day"),
        ("Senin, 02 Mar 2026 10.15 WIB", "2026-03-02T00:00:00", "day"),
        ("2 marzo 2026 10.45", "2026-03-02T00:00:00", "day"),
        ("Mar 2, 2026 9.05 am", "2026-03-02T00:00:00", "day"),
        ("20260302T101500Z", "2026-03-02T10:15:00", "second"),
        ("Mon, 02 Mar 2026 10:00:00 GMT", "2026-03-02T10:00:00", "second"),
        ("Mon, 2 Mar 2026 10:00:00 +0100", "2026-03-02T09:00:00", "second"),
        ("Mon Mar 02 10:00:00 CET 2026", "2026-03-02T09:00:00", "second"),
        ("Mon Mar 02 2026 10:00:00 GMT+0000 (Coordinated Universal Time)", "2026-03-02T10:00:00", "second"),
        ("March 2, 2026 3:05 PM EST", "2026-03-02T20:05:00", "minute"),
        ("Published on March 2, 2026 at 12:30 a.m. GMT", "2026-03-02T00:30:00", "minute"),
        ("2. März 2026, 10:15 Uhr", "2026-03-02T10:15:00", "minute"),
        ("02.03.2026", "2026-03-02T00:00:00", "day"),
        ("2 March 2026", "2026-03-02T00:00:00", "day"),
    ],
)
def test_read_stamp(text: str, utc: str, precision: str) -> None:
    stamp = read_stamp(text)
    assert stamp is not None
    assert (stamp.utc.replace(tzinfo=None).isoformat(), stamp.precision) == (utc, precision)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "yesterday",
        "5m",
        "P 3 M",
        "00:00-YY-DD-MM",
        "2026-02-31",
        "2026-13-01",
        "31 Foo 2026",
        "03/02/2026",
        "99999",
    ],
)
def test_no_time_is_none(text: str | None) -> None:
    assert read_stamp(text) is None


def chosen(*texts: str, modified: tuple[str, ...] = ()):
    sources = ("jsonld", "meta", "time", "feed")
    stamps = [read_stamp(text, source) for text, source in zip(texts, sources, strict=False)]
    return choose_dates(stamps, [read_stamp(text, "jsonld") for text in modified], fetched_at=FETCHED)


def test_the_first_possible_time_wins() -> None:
    found = chosen("2036-01-01T00:00:01Z", "1970-01-01T00:00:00Z", "2026-03-02T10:00:00Z")
    assert (found.at, found.source) == (datetime(2026, 3, 2, 10, tzinfo=UTC), "time")
    assert found.rules == ("ancient-date", "future-date")


def test_nothing_possible_is_null() -> None:
    found = chosen("2036-01-01", "nonsense")
    assert (found.at, found.source, found.precision) == (None, None, None)


def test_the_page_clock_is_no_publication() -> None:
    assert chosen(FETCHED.isoformat()).at is None
    assert chosen((FETCHED - timedelta(seconds=2)).isoformat()).rules == ("crawl-clock-date",)
    assert chosen((FETCHED - timedelta(seconds=90)).isoformat()).at is not None


def test_an_archive_that_knows_the_day_alone_tells_no_page_clock() -> None:
    for day in ("2026-03-02", "2026-03-02T00:00:00Z"):
        stamp = read_stamp(day, "x")
        assert choose_dates([stamp], [], fetched_at=datetime(2026, 3, 2, tzinfo=UTC)).at == datetime(
            2026, 3, 2, tzinfo=UTC
        )


def test_up_to_a_day_ahead_is_a_clock_or_a_zone() -> None:
    assert chosen((FETCHED + timedelta(hours=23)).isoformat()).at is not None
    assert chosen((FETCHED + timedelta(hours=25)).isoformat()).at is None


def test_a_day_takes_its_time_from_a_later_source_of_that_day() -> None:
    found = chosen("2026-03-02", "2026-03-02T10:00:00+01:00")
    assert (found.at, found.source, found.precision) == (datetime(2026, 3, 2, 9, tzinfo=UTC), "meta", "second")
    assert chosen("2026-03-02", "2026-03-03T10:00:00+01:00").precision == "day"


def test_midnight_is_a_day() -> None:
    found = chosen("2026-03-02T00:00:00+08:00")
    assert (found.at, found.precision) == (datetime(2026, 3, 1, 16, tzinfo=UTC), "day")


def test_a_zoneless_time_takes_the_offset_of_the_same_clock() -> None:
    assert chosen("2026-03-02T10:00:00", "2026-03-02T10:00:00+02:00").at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert chosen("2026-03-02T10:00:00", modified=("2026-03-02T11:30:00-05:00",)).at == datetime(
        2026, 3, 2, 15, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("published", "modified", "day"),
    [
        ("2026-03-02T23:30:00-05:00", (), date(2026, 3, 2)),
        ("2026-03-03T00:30:00+08:00", (), date(2026, 3, 3)),
        ("2026-03-03T04:30:00Z", ("2026-03-03T00:10:00-05:00",), date(2026, 3, 2)),
        ("2026-03-03T04:30:00Z", (), None),
        ("2026-03-02", ("2026-03-02T23:10:00-05:00",), date(2026, 3, 2)),
        ("2036-03-02", (), None),
    ],
)
def test_the_day_is_that_of_the_publishers_calendar(
    published: str, modified: tuple[str, ...], day: date | None
) -> None:
    assert chosen(published, modified=modified).day == day


def test_a_zoneless_time_alone_claims_its_day() -> None:
    found = chosen("2026-03-02T10:00:00", "2026-03-02T09:00:00Z")
    assert (found.at, found.precision, found.rules) == (
        datetime(2026, 3, 2, 10, tzinfo=UTC),
        "day",
        ("date-without-zone",),
    )


def test_modified_is_an_exact_time_after_publication() -> None:
    assert chosen("2026-03-02T10:00:00Z", modified=("2026-03-03T10:00:00Z",)).modified_at == datetime(
        2026, 3, 3, 10, tzinfo=UTC
    )
    assert chosen("2026-03-02T10:00:00Z", modified=("2026-03-01T10:00:00Z",)).modified_at is None
    assert chosen("2026-03-02T10:00:00Z", modified=("2026-03-03",)).modified_at is None
    assert chosen("2026-03-02T10:00:00Z", modified=("2046-03-03T10:00:00Z",)).modified_at is None
