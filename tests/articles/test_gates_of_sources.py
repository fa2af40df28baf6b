"""Each source has a gate of its own: what every room refused of it, against what is usual of it, and no neighbour's matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pytest

from pipeline.articles.gate import source_gates
from pipeline.errors import SetGateFailed
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.store.warehouse import Warehouse
from pipeline.tables import EXTRACTED, QUALITY_METRICS, QUARANTINE, RUNS
from pipeline.windows import DAY, HOUR, Window
from pipeline.workflow import chains
from pipeline.workflow.local_run import run_window

MONDAY = Window.parse("2026-03-02/2026-03-03")
LEAST = 30


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    sources = tmp_path / "sources.toml"
    sources.write_text(
        "".join(f'[[source]]\nid = "{name}"\nkind = "inbox"\npath = "{tmp_path / name}"\n' for name in ("good", "odd"))
    )
    return Settings(warehouse=tmp_path / "w", sources=sources, set_gate_min_rows=5, extract_workers=1)


def write_articles(folder: Path, count: int) -> None:
    folder.mkdir(exist_ok=True)
    for n in range(count):
        text = " ".join(f"The ferry of {folder.name} {n} took {n + part} cars on day {part}." for part in range(12))
        (folder / f"article-{n}.txt").write_text(f"Ferry {n} of {folder.name}\n\n{text}\n")


def write_stubs(folder: Path, count: int, *, kind: str) -> None:
    """Pages that validate refuses (too short), or extract (no text)."""
    folder.mkdir(exist_ok=True)
    for n in range(count):
        if kind == "short":
            (folder / f"stub-{n}.txt").write_text(f"Note {n}\n\nThe {n}th note says that rain is on its way.\n")
        else:
            (folder / f"stub-{n}.html").write_text(f"<html><body><!-- {n} --></body></html>")


def load(settings: Settings, *, minute: int = 1, window: Window = MONDAY, accept_gate: str | None = None) -> set[str]:
    """Ingest a window; gives the sources that are held."""
    at = datetime(2026, 3, 5, 1, minute, tzinfo=UTC)
    run = Run.of(settings, "news_ingest", window, started_at=at, accept_gate=accept_gate)
    return set(chains.ingest_window(run)["held"])


def stored(settings: Settings) -> dict[str, int]:
    rows = Warehouse(settings.warehouse).latest().read("articles", columns=["source_id"])
    return {name: rows["source_id"].to_pylist().count(name) for name in ("good", "odd")}


@pytest.mark.parametrize(
    "kind",
    [pytest.param("short", marks=pytest.mark.drill), "empty"],
    ids=["refused by validate", "refused by extract"],
)
def test_a_source_of_stubs_is_held_and_its_neighbour_is_not(settings: Settings, tmp_path: Path, kind: str) -> None:
    write_articles(tmp_path / "good", 6)
    write_articles(tmp_path / "odd", 2)
    write_stubs(tmp_path / "odd", 6, kind=kind)
    summary = run_window(
        settings, Warehouse(settings.warehouse), MONDAY, started_at=datetime(2026, 3, 5, 1, tzinfo=UTC)
    )
    assert stored(settings) == {"good": 6, "odd": 0}
    assert "6 of 8 pages of odd (75%)" in summary.held["odd"]
    assert "6 of 8 pages of odd" in summary.line
    snapshot = Warehouse(settings.warehouse).latest()
    run = snapshot.read("runs", where=pc.field("dag_id") == "news_ingest").to_pylist()[0]
    assert run["status"] == "success"
    assert "6 of 8 pages of odd" in run["detail"]
    gates = snapshot.read("quality_metrics", where=pc.field("expectation") == "set_gate").to_pylist()
    assert {row["column"]: (row["success"], row["row_count"]) for row in gates} == {
        "good": (True, 6),
        "odd": (False, 8),
    }

    # Run again, it decides as before; passed with a reason, the sound ones come in and the stubs stay out.
    assert load(settings, minute=2) == {"odd"}
    assert not load(settings, minute=3, accept_gate="a quiet day")
    assert stored(settings) == {"good": 6, "odd": 2}
    rows = Warehouse(settings.warehouse).latest().read("quarantine").to_pylist()
    assert {row["decided_by"] for row in rows if row["reason"] == "set-gate"} == {"a quiet day"}
    assert sum(row["status"] == "held" for row in rows) == 6
    assert not load(settings, minute=4), "what a person passed needs no reason again"


@pytest.mark.parametrize("kind", ["short", pytest.param("empty", marks=pytest.mark.drill)])
def test_what_a_person_passed_of_one_source_passes_no_other(settings: Settings, tmp_path: Path, kind: str) -> None:
    write_articles(tmp_path / "good", 2)
    write_stubs(tmp_path / "good", 6, kind="short")
    write_articles(tmp_path / "odd", 0)
    load(settings, accept_gate="notes are usual of it")
    write_stubs(tmp_path / "odd", 6, kind=kind)
    for minute in (2, 3, 4):
        assert load(settings, minute=minute) == {"odd"}, "and a repeat decides as before"
    later = Window.parse("2026-03-03/2026-03-04")
    run = Run.of(settings, "news_ingest", later, started_at=later.end)
    batch = EXTRACTED.rows([{"page_id": f"{name}{n}", "source_id": name} for name in ("good", "odd") for n in range(5)])
    gates = source_gates(run, run.warehouse.latest(), ["good", "odd"], batch, EXTRACTED.empty())
    assert (gates["good"].limit, gates["odd"].limit) == (0.875, 0.5)


@pytest.mark.drill
def test_a_source_of_which_nothing_could_be_read_is_passed_for_good_too(settings: Settings, tmp_path: Path) -> None:
    write_articles(tmp_path / "good", 6)
    write_stubs(tmp_path / "odd", 6, kind="empty")
    assert load(settings) == {"odd"}
    assert not load(settings, minute=2, accept_gate="so it is today")
    assert not load(settings, minute=3), "what a person passed needs no reason again"
    write_stubs(tmp_path / "odd", 7, kind="empty")
    assert load(settings, minute=4) == {"odd"}, "another batch is another matter"


def test_an_hour_that_a_person_passed_stays_passed_though_its_day_trips(settings: Settings, tmp_path: Path) -> None:
    write_articles(tmp_path / "good", 6)
    write_articles(tmp_path / "odd", 2)
    write_stubs(tmp_path / "odd", 6, kind="short")
    assert not load(settings, window=hour(2, 9), accept_gate="a quiet hour")
    assert load(settings, minute=2) == {"odd"}
    assert not load(settings, minute=3, window=hour(2, 9))


def test_only_where_every_source_is_held_is_the_run_refused(settings: Settings, tmp_path: Path) -> None:
    for name in ("good", "odd"):
        write_articles(tmp_path / name, 1)
        write_stubs(tmp_path / name, 5, kind="short")
    with pytest.raises(SetGateFailed, match=r"5 of 6 pages of good.*5 of 6 pages of odd"):
        load(settings)


def test_few_pages_are_not_doubted(settings: Settings, tmp_path: Path) -> None:
    write_articles(tmp_path / "good", 6)
    write_stubs(tmp_path / "odd", 4, kind="short")
    assert not load(settings)


class History:
    """A warehouse in which only the gates' own past stands."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(warehouse=folder / "w", set_gate_min_rows=LEAST)
        self.warehouse = Warehouse(self.settings.warehouse)
        self.count = 0

    def run(self, window: Window, **more: object) -> Run:
        return Run.of(self.settings, "news_ingest", window, started_at=window.end, **more)  # type: ignore[arg-type]

    def judged(
        self,
        window: Window,
        *,
        rows: int = 100,
        share: float = 0.0,
        trips: bool = False,
        passed: str | None = None,
        limit: float | None = 0.5,
        source_id: str = "courier",
    ) -> None:
        """Write that a gate was asked in a window."""
        self.count += 1
        at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=self.count)
        about = {
            "run_id": f"news_ingest/{self.count}",
            "window_start": window.start,
            "recorded_at": at,
            "day": window.day,
        }
        with self.warehouse.writing(at) as tx:
            run = about | {
                "dag_id": "news_ingest",
                "window_end": window.end,
                "started_at": at,
                "source_ids": [source_id],
            }
            run |= {"status": "success", "code_version": "1", "settings_sha256": "0" * 64}
            tx.upsert("runs", RUNS.rows([run]))
            metric = about | {"suite": "sources", "expectation": "set_gate", "column": source_id, "severity": "set"}
            metric |= {
                "success": not trips,
                "observed": share,
                "threshold": limit,
                "row_count": rows,
                "passed_by": passed,
            }
            tx.upsert("quality_metrics", QUALITY_METRICS.rows([metric]))
            tx.commit()

    def limit(self, window: Window, *, rows: int = LEAST) -> float | None:
        """The limit that a batch of the source is held against."""
        batch = EXTRACTED.rows([{"page_id": str(n), "source_id": "courier"} for n in range(rows)])
        run = self.run(window)
        return source_gates(run, run.warehouse.latest(), ["courier"], batch, EXTRACTED.empty())["courier"].limit


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def hour(day: int, clock: int) -> Window:
    start = datetime(2026, 3, day, clock, tzinfo=UTC)
    return Window(start, start + HOUR)


def test_the_limit_is_what_is_usual_and_so_much_of_the_rest(history: History) -> None:
    assert history.limit(hour(2, 9)) == 0.5, "nothing is known of it"
    history.judged(hour(2, 5), share=0.6)
    assert history.limit(hour(2, 9)) == pytest.approx(0.8)
    assert history.limit(hour(2, 9), rows=LEAST - 1) is None
    history.judged(hour(2, 6), rows=300, share=0.2)
    assert history.limit(hour(2, 9)) == pytest.approx(0.3 + 0.7 * 0.5)


def test_a_past_of_few_pages_says_nothing_of_what_is_usual(history: History) -> None:
    history.judged(hour(2, 5), rows=LEAST - 1, share=1.0, limit=None)
    assert history.limit(hour(2, 9)) == 0.5


@pytest.mark.parametrize(
    ("window", "more"),
    [
        (hour(2, 9), {"limit": None}),
        (hour(2, 10), {}),
        (Window.parse("2026-03-02/2026-03-03"), {}),
        (Window(hour(2, 9).start - 60 * DAY, hour(2, 9).start - 59 * DAY), {}),
        (hour(2, 5), {"source_id": "herald"}),
        (hour(2, 5), {"trips": True}),
    ],
    ids=["its own window", "a later one", "one that was not over", "long ago", "of another source", "tripped"],
)
def test_only_the_source_s_own_past_counts(history: History, window: Window, more: dict[str, object]) -> None:
    history.judged(window, share=0.6, **more)  # type: ignore[arg-type]
    assert history.limit(hour(2, 9)) == 0.5


def test_what_a_person_passed_is_usual_from_then_on(history: History) -> None:
    history.judged(hour(2, 5), share=0.6, trips=True, passed="so it is today")
    assert history.limit(hour(2, 9)) == pytest.approx(0.8)


def test_a_window_counts_once_and_as_it_was_first_judged(history: History) -> None:
    history.judged(hour(2, 5), share=0.0)
    history.judged(hour(2, 5), share=1.0)
    assert history.limit(hour(2, 9)) == 0.5


def test_a_repeat_is_held_against_the_limit_of_the_first_run(history: History) -> None:
    history.judged(hour(2, 9), share=0.6, trips=True, limit=0.5)
    history.judged(hour(2, 5), share=0.6)
    assert history.limit(hour(2, 9)) == 0.5, "an hour that came late changes nothing"
    assert history.limit(hour(2, 10)) == pytest.approx(0.8)


def test_answers_that_fetch_refused_count_and_what_nobody_asked_does_not(history: History) -> None:
    window = hour(2, 9)
    refusal = {"stage": "fetch", "source_id": "courier", "detail": "x", "record_json": "{}", "status": "held"}
    refusal |= {"run_id": "r", "recorded_at": window.end, "day": window.day}
    reasons = ["http-error", "too-large", "robots", "bad-url", "unreadable"]
    with history.warehouse.writing(window.end) as tx:
        rows = [
            refusal | {"quarantine_id": f"{n}", "reason": reason, "window_start": window.start}
            for n, reason in enumerate(reasons)
        ]
        rows.append(refusal | {"quarantine_id": "x", "reason": "http-error", "window_start": window.end})
        rows.append(rows[0] | {"quarantine_id": "y", "source_id": "herald"})  # which this run does not ask
        tx.upsert("quarantine", QUARANTINE.rows(rows))
        tx.commit()
    refused = EXTRACTED.rows(
        [
            {"page_id": "a", "source_id": "courier", "reason": "no-text"},
            {"page_id": "b", "source_id": "courier", "reason": "extract-put-off"},
        ]
    )
    run = history.run(window)
    gates = source_gates(run, run.warehouse.latest(), ["courier"], EXTRACTED.empty(), refused)
    assert {source_id: gate.refused_before for source_id, gate in gates.items()} == {"courier": 3}


def test_pages_that_a_person_lets_in_meet_no_gate(history: History) -> None:
    run = history.run(hour(2, 9), decided_by="Ida")
    batch = EXTRACTED.rows([{"page_id": str(n), "source_id": "courier"} for n in range(LEAST)])
    assert source_gates(run, run.warehouse.latest(), ["courier"], batch, EXTRACTED.empty()) == {}
