"""What a person lets in or keeps out: released rows re-enter at the room that refused them, dropped ones stay out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newsroom import serve
from pipeline.articles.quarantine import decided
from pipeline.errors import UsageError
from pipeline.explain.articles import explain_article
from pipeline.reasons import BY_ITSELF
from pipeline.runs.run import Run
from pipeline.settings import PROJECT, Settings
from pipeline.stages import ingest as stage
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from pipeline.workflow.local_run import close_day, run_window
from pipeline.workflow.release import choose_rows, drop, release

DAY = date(2026, 4, 1)
STARTED = datetime(2026, 4, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 4, 1, 13, tzinfo=UTC)
SHORT = "Ferry late\n\nThe ferry to Inchmoor left forty minutes late on Wednesday because of a swan on the ramp.\n"
CONSENT = (
    "<html><head><title>Before you continue</title></head><body><div><h1>Before you continue</h1>"
    "<p>We use cookies and data to keep the service running and to measure who reads what on these pages.</p>"
    "<button>Accept all</button><button>Reject all</button></div></body></html>"
)
SOUND = "Harbour dredged\n\n" + "\n\n".join(
    f"The harbour board of Quillmouth voted on Wednesday to dredge channel number {n}, pilot Ada Quist said."
    for n in range(6)
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(warehouse=tmp_path / "warehouse", extract_workers=1)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "short.txt").write_text(SHORT)
    (folder / "consent.html").write_text(CONSENT)
    (folder / "sound.txt").write_text(SOUND)
    (folder / "nothing.html").write_text("<html><body><script>1</script></body></html>")
    return folder


def ingest(settings: Settings, inbox: Path, at: datetime = STARTED) -> dict[str, int]:
    window = Window.of_day(DAY)
    return run_window(settings, Warehouse(settings.warehouse), window, started_at=at, inbox=inbox).counts


def held(settings: Settings) -> dict[str, str]:
    rows = Warehouse(settings.warehouse).latest().read("quarantine").to_pylist()
    return {row["reason"]: row["quarantine_id"] for row in rows if row["status"] == "held"}


def let_in(settings: Settings, *ids: str, **more: str) -> dict[str, str]:
    warehouse = Warehouse(settings.warehouse)
    rows = choose_rows(warehouse.latest(), ids, statuses=("held", "dropped"), **more)
    settled = release(settings, warehouse, rows, decided_by="an editor", started_at=LATER)
    return {one.reason: one.outcome for one in settled}


def test_released_rows_become_articles_with_the_cause_release(settings: Settings, inbox: Path) -> None:
    counts = ingest(settings, inbox)
    assert (counts["new"], counts["quarantined"]) == (1, 3)
    refused = held(settings)
    assert let_in(settings, *(refused[reason] for reason in sorted(refused))) == {
        "too-short": "released", "not-an-article": "released", "no-text": "held",
    }  # fmt: skip
    snapshot = Warehouse(settings.warehouse).latest()
    articles = {row["title"]: row for row in snapshot.read("articles").to_pylist()}
    assert {title: row["cause"] for title, row in articles.items()} == {
        "Harbour dredged": "new", "Ferry late": "release", "Before you continue": "release",
    }  # fmt: skip
    assert set(held(settings)) == {"no-text"}
    placed = snapshot.read("story_articles")["article_id"].to_pylist()
    assert articles["Ferry late"]["article_id"] in placed, "the open day is clustered anew"
    counts = snapshot.read("stage_counts", where=None).to_pylist()
    landed = next(row for row in counts if row["run_id"].startswith("news_review/") and row["stage"] == "land")
    assert dict(landed["reasons"]) == {"release": 3}


@pytest.mark.drill
def test_the_id_of_what_was_let_in_leads_to_its_article(settings: Settings, inbox: Path) -> None:
    ingest(settings, inbox)
    warehouse, row = Warehouse(settings.warehouse), held(settings)["too-short"]
    assert "is no article" in explain_article(warehouse, settings, row)[1][0]
    let_in(settings, row)
    facts, lines = explain_article(warehouse, settings, row)
    assert lines[0] == "Ferry late"
    assert [refusal["status"] for refusal in facts["refusals"]] == ["released"]


@pytest.mark.drill
def test_a_repeated_run_keeps_what_was_let_in(settings: Settings, inbox: Path) -> None:
    ingest(settings, inbox)
    let_in(settings, held(settings)["too-short"])
    before = Warehouse(settings.warehouse).content_hash()
    counts = ingest(settings, inbox, LATER)
    assert (counts["unchanged"], counts["quarantined"]) == (2, 2)
    assert Warehouse(settings.warehouse).content_hash() == before


def test_dropped_rows_stay_out_until_they_are_released(settings: Settings, inbox: Path) -> None:
    ingest(settings, inbox)
    warehouse = Warehouse(settings.warehouse)
    rows = choose_rows(warehouse.latest(), [held(settings)["too-short"][:8]])
    assert [one.outcome for one in drop(settings, warehouse, rows, decided_by="x", started_at=LATER)] == ["dropped"]
    ingest(settings, inbox, LATER)
    assert warehouse.latest().read("articles").num_rows == 1
    with pytest.raises(UsageError, match="dropped already, by x"):
        choose_rows(warehouse.latest(), [rows[0]["quarantine_id"]])
    assert let_in(settings, rows[0]["quarantine_id"]) == {"too-short": "released"}
    assert warehouse.latest().read("articles").num_rows == 2


def test_what_a_person_dropped_is_released_by_name_alone(settings: Settings, inbox: Path) -> None:
    ingest(settings, inbox)
    warehouse = Warehouse(settings.warehouse)
    drop(settings, warehouse, choose_rows(warehouse.latest(), [], reason="too-short"), decided_by="x", started_at=LATER)
    rows = choose_rows(warehouse.latest(), [], day=DAY, statuses=("held", "dropped"))
    assert {row["reason"] for row in rows} == {"no-text", "not-an-article"}


@pytest.mark.drill
def test_what_was_let_in_meanwhile_is_not_dropped(settings: Settings, inbox: Path) -> None:
    ingest(settings, inbox)
    warehouse = Warehouse(settings.warehouse)
    rows = choose_rows(warehouse.latest(), [], reason="too-short")
    let_in(settings, rows[0]["quarantine_id"])
    assert [one.outcome for one in drop(settings, warehouse, rows, decided_by="x", started_at=LATER)] == ["released"]
    ingest(settings, inbox, LATER)
    assert warehouse.latest().read("articles").num_rows == 2


@pytest.mark.drill
def test_what_is_released_while_a_run_is_under_way_stays_in(settings: Settings, inbox: Path) -> None:
    """The run judged the pages before they were let in, and commits after."""
    ingest(settings, inbox)
    warehouse = Warehouse(settings.warehouse)
    run = Run.of(settings, "news_ingest", Window.of_day(DAY), started_at=LATER, name="slow", inbox=inbox)
    landed = stage.land(run, [stage.fetch(run, group) for group in stage.list_sources(run)])
    validated = stage.validate(run, landed, [stage.extract(run, batch) for batch in landed["batches"]])
    refused = held(settings)
    let_in(settings, refused["too-short"], refused["not-an-article"])
    before = warehouse.content_hash()
    stage.load_articles(run, landed, validated)
    assert warehouse.content_hash() == before
    assert warehouse.latest().read("articles").num_rows == 3


@pytest.mark.drill
def test_what_is_refused_again_after_it_passed_is_held_again(settings: Settings, inbox: Path) -> None:
    ingest(settings, inbox)
    warehouse = Warehouse(settings.warehouse)
    (row,) = choose_rows(warehouse.latest(), [], reason="too-short")
    with warehouse.writing(LATER) as tx:  # as an extractor that read more of the page left it
        tx.upsert("quarantine", decided([row], "released", BY_ITSELF, LATER))
        tx.commit()
    ingest(settings, inbox, LATER)
    assert held(settings)["too-short"] == row["quarantine_id"]


@pytest.mark.drill
def test_what_is_released_into_a_closed_day_joins_the_next_open_one(settings: Settings, inbox: Path) -> None:
    ingest(settings, inbox)
    close_day(settings, Warehouse(settings.warehouse), DAY, started_at=Window.of_day(DAY).end)
    published = (settings.warehouse / "digests" / str(DAY) / "digest.json").read_bytes()
    let_in(settings, reason="too-short")
    snapshot = Warehouse(settings.warehouse).latest()
    assert snapshot.read("articles").num_rows == 2
    assert snapshot.read("story_articles").num_rows == 1
    assert (settings.warehouse / "digests" / str(DAY) / "digest.json").read_bytes() == published


def test_rows_are_named_by_id_reason_or_day(settings: Settings, inbox: Path) -> None:
    ingest(settings, inbox)
    snapshot = Warehouse(settings.warehouse).latest()
    assert len(choose_rows(snapshot, [], day=DAY)) == 3
    assert [row["reason"] for row in choose_rows(snapshot, [], reason="no-text")] == ["no-text"]
    for keys, message in (([], "name quarantine ids"), (["ab"], "none begins so"), (["zzzz"], "none begins so")):
        with pytest.raises(UsageError, match=message):
            choose_rows(snapshot, keys)
    with pytest.raises(UsageError, match="no row that is held"):
        choose_rows(snapshot, [], reason="robots")


@pytest.mark.drill
def test_a_url_that_was_no_page_yet_is_asked_again_by_the_next_run(tmp_path: Path) -> None:
    """The page answers 404 while it is listed; it is asked again an hour later, released once more, and no oftener."""
    with serve() as handle:
        settings = Settings(
            warehouse=tmp_path / "w", sources=PROJECT / "newsroom" / "sources.toml", extract_workers=1,
            resolve=(f"example=127.0.0.1:{handle.port}",),
        )  # fmt: skip
        warehouse = Warehouse(settings.warehouse)

        def hour(text: str) -> list[str]:
            before = len(handle.requests)
            run_window(settings, warehouse, Window.parse(text), started_at=STARTED, source_ids=("skellbulletin",))
            return [request.target for request in handle.requests[before:]]

        hour("2026-03-05T20:00/2026-03-05T21:00")
        (row,) = choose_rows(warehouse.latest(), [], reason="http-error")
        assert "harbour-day-programme" in row["record_json"]
        again = "/2026-03-05/harbour-day-programme"
        assert hour("2026-03-05T21:00/2026-03-05T22:00").count(again) == 1
        (settled,) = release(settings, warehouse, [row], decided_by="an editor", started_at=STARTED)
        assert settled.outcome == "asked-again"
        assert hour("2026-03-05T22:00/2026-03-05T23:00").count(again) == 1
        assert again not in hour("2026-03-05T23:00/2026-03-06T00:00")
        statuses = sorted(
            r["status"] for r in warehouse.latest().read("quarantine").to_pylist() if again in r["record_json"]
        )
        assert statuses == ["held", "released"]


@pytest.mark.drill
def test_a_released_page_keeps_its_sources_publisher_whatever_file_lists_the_sources_now(tmp_path: Path) -> None:
    with serve() as handle:
        settings = Settings(
            warehouse=tmp_path / "w", sources=PROJECT / "newsroom" / "sources.toml", extract_workers=1,
            resolve=(f"example=127.0.0.1:{handle.port}",),
        )  # fmt: skip
        window = Window.parse("2026-03-05T11:00/2026-03-05T12:00")
        run_window(settings, Warehouse(settings.warehouse), window, started_at=STARTED, source_ids=("scuttle",))
    settings = Settings(warehouse=settings.warehouse, extract_workers=1)
    warehouse = Warehouse(settings.warehouse)
    rows = choose_rows(warehouse.latest(), [], reason="not-an-article")
    release(settings, warehouse, rows, decided_by="an editor", started_at=STARTED)
    articles = warehouse.latest().read("articles").to_pylist()
    assert {row["publisher"] for row in articles if row["cause"] == "release"} == {"The Daily Scuttle"}
