"""The words that every room speaks: windows, settings, books, tables."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from pipeline.errors import BooksUnbalanced, SettingsError, UsageError
from pipeline.reports import Counts, StageReport, check_handover
from pipeline.settings import PROJECT, Settings
from pipeline.tables import TABLES
from pipeline.windows import Window


def test_a_window_touches_its_days():
    assert list(Window.parse("2026-03-02T12:00/2026-03-04").days()) == [date(2026, 3, 2), date(2026, 3, 3)]
    assert Window.parse("2026-03-02T00:30+02:00/2026-03-02").day == date(2026, 3, 1)


@pytest.mark.parametrize("text", ["", "2026-03-02", "2026-03-03/2026-03-02", "2026-03-02/2026-03-02", "a/b", "1/2/3"])
def test_a_window_that_is_none(text):
    with pytest.raises(UsageError):
        Window.parse(text)


def test_a_window_needs_a_zone():
    with pytest.raises(UsageError, match="time zone"):
        Window(datetime(2026, 3, 2), datetime(2026, 3, 3, tzinfo=UTC))  # noqa: DTZ001


def test_settings_come_from_the_environment():
    settings = Settings.from_env({"DAYBOOK_WAREHOUSE": "elsewhere", "DAYBOOK_ALLOW_HOSTS": "a:1, b", "HOME": "/x"})
    assert settings.warehouse == PROJECT / "elsewhere"
    assert settings.allow_hosts == ("a:1", "b")


@pytest.mark.parametrize(
    ("name", "value"),
    [("DAYBOOK_COLOUR", "blue"), ("DAYBOOK_STALE_HOURS", "soon"), ("DAYBOOK_FETCH_GAP_SECONDS", "-1")],
)
def test_settings_that_do_not_fit(name, value):
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({name: value})


def test_only_settings_that_change_results_change_their_hash():
    plain = Settings()
    assert Settings(digest_max_lines=3).results_sha256 != plain.results_sha256
    assert Settings(warehouse=PROJECT / "x").results_sha256 == plain.results_sha256


def test_books_add_up_or_say_where_they_do_not():
    report = StageReport(stage="extract")
    report.receive(["a", "a", "b"])
    report.settle("new", ["a"])
    report.settle("quarantined", ["b"], ["no-text"])
    with pytest.raises(BooksUnbalanced, match="source a: received 2 but settled 1"):
        report.check()
    report.settle("duplicates", ["a"])
    report.check()
    assert report.total == Counts(received=3, new=1, duplicates=1, quarantined=1, reasons=report.total.reasons)
    assert StageReport.from_dict(report.to_dict()) == report
    assert "quarantined=1 (no-text=1)" in report.line("w")


def test_what_leaves_a_stage_enters_the_next():
    earlier, later = StageReport(stage="extract"), StageReport(stage="validate")
    earlier.receive(["a"])
    earlier.settle("new", ["a"])
    with pytest.raises(BooksUnbalanced, match="1 pages of source a left stage extract but 0 entered validate"):
        check_handover(earlier, later)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_declarations_are_complete(table):
    names = [column.name for column in table.columns]
    assert len(names) == len(set(names))
    known = {*names, "day"} if table.day_rule else set(names)
    assert set(table.key) <= known
    for column in table.columns:
        assert column.description.endswith(".")
        assert column.name not in table.key or not column.null
        assert not pa.types.is_timestamp(column.type) or column.type == pa.timestamp("us", tz="UTC")
    assert ("day" in table.row_schema.names) == bool(table.day_rule)
    if table.day_column is not None:
        assert table.day_rule
        assert table.schema.field(table.day_column).type in (pa.date32(), pa.timestamp("us", tz="UTC"))
    if "window_start" in names:
        assert table.day_column == "window_start"
