"""Parts that runs of one window leave each other: taken over, never taken away, and no worse than absent when broken."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pipeline.crawl import parts as crawl_parts
from pipeline.fetch import sealing
from pipeline.fetch.results import Row
from pipeline.fetch.sealing import Answers
from pipeline.reports import OUTCOMES
from pipeline.runs.handover import TaskOutput, discard_outputs, merged, read_output
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages import ingest
from pipeline.store import staging
from pipeline.tables import PAGES, Table
from pipeline.windows import HOUR, Window
from pipeline.workflow.chains import load_pages
from tests.fetch.conftest import Server, plain, server  # noqa: F401 - the fixture

WINDOW = Window.of_hour(datetime(2026, 3, 2, 10, tzinfo=UTC))
NOW = WINDOW.start + timedelta(minutes=5)
LINKS = tuple(f"/p{n}" for n in range(6))


def article(name: str) -> bytes:
    text = f"The harbour of {name} was dredged again on Tuesday, the board said. " * 8
    return f"<html><body><article><h1>Title {name}</h1><p>{text}</p></article></body></html>".encode()


@pytest.fixture
def site(server: Server, tmp_path: Path) -> Server:  # noqa: F811
    server.list_pages(*map(server.url, LINKS))
    server.routes |= {link: plain(article(link)) for link in LINKS}
    (tmp_path / "sources.toml").write_text(
        '[[source]]\nid = "site"\nkind = "feed"\nurl = "http://news.example/feed.xml"\n'
    )
    return server


def run_of(folder: Path, port: int, name: str, *, window: Window = WINDOW, now: datetime = NOW, **more: object) -> Run:
    settings = Settings(
        warehouse=folder / "w", sources=folder / "sources.toml", resolve=(f"example=127.0.0.1:{port}",),
        fetch_gap_seconds=0.0, extract_workers=1, set_gate_max_refused=1.0, **more,
    )  # fmt: skip
    return Run.of(settings, "news_ingest", window, started_at=now, name=name)


def fetched(run: Run) -> list[TaskOutput]:
    return [ingest.fetch(run, group) for group in ingest.list_sources(run)]


def finish(run: Run, notes: list[TaskOutput]) -> TaskOutput:
    landed = ingest.land(run, notes)
    extracted, validated, loaded = load_pages(run, landed)
    report = ingest.report(run, notes, landed, extracted, validated, loaded)
    discard_outputs(run)
    return report


def forget_the_end(run: Run) -> None:
    """Leave of a fetch task what a kill before its end leaves: its parts."""
    discard_outputs(run, keep=[crawl_parts.STAGE])


def stored(run: Run) -> list[str]:
    urls = run.warehouse.latest().read("pages", columns=["requested_url"])["requested_url"].to_pylist()
    return sorted(urlsplit(url).path for url in urls)


def test_two_runs_of_one_window_at_once_both_end_well(site: Server, tmp_path: Path) -> None:
    one, two = (run_of(tmp_path, site.port, name) for name in ("one", "two"))
    first, second = fetched(one), fetched(two)
    finish(one, first)
    finish(two, second)
    assert stored(one) == sorted(LINKS)
    assert all(site.paths.count(link) == 1 for link in LINKS), "the second run took the first one's parts"


def test_what_a_killed_run_sealed_is_taken_over_whatever_tasks_the_sources_are_in_now(
    site: Server, tmp_path: Path
) -> None:
    killed = run_of(tmp_path, site.port, "killed")
    fetched(killed)
    forget_the_end(killed)
    beside = '[[source]]\nid = "beside"\nkind = "feed"\nurl = "http://news.example/other.xml"\n'
    (tmp_path / "sources.toml").write_text((tmp_path / "sources.toml").read_text() + beside)
    site.list_pages("/p0", path="/other.xml")
    later = run_of(tmp_path, site.port, "later")
    finish(later, fetched(later))
    assert stored(later) == sorted(LINKS)
    assert all(site.paths.count(link) == 1 for link in LINKS)


def test_a_part_that_cannot_be_read_is_none(site: Server, tmp_path: Path) -> None:
    killed = run_of(tmp_path, site.port, "killed")
    fetched(killed)
    forget_the_end(killed)
    for part in killed.staging(crawl_parts.STAGE, "any").parent.glob("*.parquet"):
        part.write_bytes(part.read_bytes()[:50])
    later = run_of(tmp_path, site.port, "later")
    finish(later, fetched(later))
    assert stored(later) == sorted(LINKS)


def test_parts_that_an_older_daybook_sealed_land_after_an_upgrade(
    site: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.routes["/p3"] = plain(b"gone", 404)

    def before(table: Table) -> Table:
        added = {"dropped", "reserved", "wait_until", "decided_by", "next_fetch_at"}
        return replace(table, columns=tuple(c for c in table.columns if c.name not in added))

    killed = run_of(tmp_path, site.port, "killed")
    with monkeypatch.context() as older:
        older.setattr(crawl_parts, "PAGES", before(PAGES))
        older.setattr(crawl_parts, "_BESIDE", {n: before(table) for n, table in crawl_parts._BESIDE.items()})
        fetched(killed)
    forget_the_end(killed)
    later = run_of(tmp_path, site.port, "later")
    finish(later, fetched(later))
    assert stored(later) == sorted(set(LINKS) - {"/p3"})
    assert all(site.paths.count(link) == 1 for link in set(LINKS) - {"/p3"})
    assert later.warehouse.latest().read("pages", columns=["dropped"])["dropped"].null_count == len(LINKS) - 1
    assert later.warehouse.verify() == []


def test_two_tries_of_one_task_write_no_part_twice(tmp_path: Path) -> None:
    run = run_of(tmp_path, 1, "one")
    one, two = crawl_parts.Parts(run, "site"), crawl_parts.Parts(run, "site")
    for number, parts in enumerate((one, two, one, two)):
        parts.seal(Answers(chosen=[request(number)]))
    found, readable = crawl_parts.recovered([*one.paths, *two.paths], {"site"})
    assert len(readable) == 4
    assert len(found.chosen) == 4


def test_the_same_refusal_of_two_killed_runs_is_one(site: Server, tmp_path: Path) -> None:
    site.routes["/p3"] = plain(b"gone", 404)
    for name in ("one", "two"):
        killed = run_of(tmp_path, site.port, name)
        fetched(killed)
        forget_the_end(killed)
    later = run_of(tmp_path, site.port, "later")
    finish(later, fetched(later))
    assert later.warehouse.latest().read("quarantine")["reason"].to_pylist().count("http-error") == 1


def test_what_was_chosen_before_a_kill_is_asked_later_though_its_window_asks_nothing_any_more(
    site: Server, tmp_path: Path
) -> None:
    killed = run_of(tmp_path, site.port, "killed", visit_pages=2)
    fetched(killed)
    forget_the_end(killed)
    late = run_of(tmp_path, site.port, "late", now=WINDOW.end + 2 * HOUR)
    finish(late, fetched(late))
    assert stored(late) == ["/p0", "/p1"]
    site.list_pages()
    after = run_of(
        tmp_path, site.port, "after", window=Window(WINDOW.end, WINDOW.end + HOUR), now=WINDOW.end + HOUR / 2
    )
    finish(after, fetched(after))
    assert stored(after) == sorted(LINKS)


def counts_of(notes: list[TaskOutput]) -> dict[str, int]:
    report = merged("fetch", notes).total
    return {name: n for name in ("received", *OUTCOMES) if (n := getattr(report, name))} | dict(report.reasons)


def test_what_a_killed_run_sealed_is_counted_once_and_its_listing_is_remembered(site: Server, tmp_path: Path) -> None:
    site.list_pages(*map(site.url, LINKS), "ftp://files.example/x", ETag='"v1"')
    site.routes["/p1"] = plain(b"gone", 404)
    killed = run_of(tmp_path, site.port, "killed", visit_pages=3)
    fetched(killed)
    forget_the_end(killed)
    later = run_of(tmp_path, site.port, "later")
    notes = fetched(later)
    assert site.paths.count("/feed.xml") == 1
    assert counts_of(notes) == {"received": 7, "new": 5, "quarantined": 2, "bad-url": 1, "http-error": 1}
    (state,) = read_output(notes[0], "feed_state").to_pylist()
    assert (state["source_id"], state["failure_streak"], state["etag"]) == ("site", 0, '"v1"')
    assert state["last_success_at"] == state["last_full_at"] == state["last_new_item_at"] == NOW
    assert read_output(notes[0], "refusals").num_rows == 2


def test_a_listing_that_was_taken_over_is_remembered_without_validators_while_a_page_of_it_may_come(
    site: Server, tmp_path: Path
) -> None:
    site.list_pages(*map(site.url, LINKS), ETag='"v1"')
    killed = run_of(tmp_path, site.port, "killed", visit_pages=3)
    fetched(killed)
    forget_the_end(killed)
    site.routes["/p5"] = plain(b"", 500)
    (note,) = fetched(run_of(tmp_path, site.port, "later"))
    (state,) = read_output(note, "feed_state").to_pylist()
    assert (state["etag"], state["last_success_at"]) == (None, NOW)


def test_a_window_that_asks_nothing_any_more_remembers_the_listing_all_the_same(site: Server, tmp_path: Path) -> None:
    site.list_pages(*map(site.url, LINKS), ETag='"v1"')
    killed = run_of(tmp_path, site.port, "killed", visit_pages=3)
    fetched(killed)
    forget_the_end(killed)
    (note,) = fetched(run_of(tmp_path, site.port, "late", now=WINDOW.end + 2 * HOUR))
    (state,) = read_output(note, "feed_state").to_pylist()
    assert (state["etag"], state["last_success_at"]) == (None, NOW)
    assert counts_of([note])["new"] == 3


def test_a_listing_is_sealed_as_soon_as_it_is_read_however_long_another_takes(
    site: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = '[[source]]\nid = "slow"\nkind = "feed"\nurl = "http://news.example/slow.xml"\n'
    (tmp_path / "sources.toml").write_text((tmp_path / "sources.toml").read_text() + beside)
    monkeypatch.setattr(sealing, "SEAL_SECONDS", 0.05)
    run = run_of(tmp_path, site.port, "one")
    folder, seen = run.staging(crawl_parts.STAGE, "any").parent, []

    def slow(handler: BaseHTTPRequestHandler) -> None:
        until = time.monotonic() + 2.0
        while time.monotonic() < until and not any(folder.glob("*.parquet")):
            time.sleep(0.01)
        seen.extend(folder.glob("*.parquet"))
        plain(b"", 404)(handler)

    site.routes["/slow.xml"] = slow
    (note,) = fetched(run)
    assert seen, "the first listing waited for the second"
    found, _ = crawl_parts.recovered(seen, {"site", "slow"})
    assert len(found.chosen) == len(LINKS)
    assert [row["source_id"] for row in found.states] == ["site"]
    assert not found.pages
    assert set(note["errors"]) == {"slow"}


def test_a_page_that_two_listings_name_is_counted_and_asked_once_though_each_is_sealed_at_once(
    site: Server, tmp_path: Path
) -> None:
    beside = '[[source]]\nid = "beside"\nkind = "feed"\nurl = "http://news.example/other.xml"\n'
    (tmp_path / "sources.toml").write_text((tmp_path / "sources.toml").read_text() + beside)
    site.list_pages("/p0", "/p1", "/own", path="/other.xml")
    site.routes["/own"] = plain(article("own"))
    notes = fetched(run_of(tmp_path, site.port, "one"))
    assert counts_of(notes) == {"received": 9, "new": 7, "unchanged": 2}
    assert all(site.paths.count(link) == 1 for link in (*LINKS, "/own"))


def test_pages_that_were_left_over_are_nothing_new_in_their_listing(site: Server, tmp_path: Path) -> None:
    first = run_of(tmp_path, site.port, "first", visit_pages=2)
    ingest.land(first, fetched(first))
    assert first.warehouse.latest().read("feed_state")["last_new_item_at"].to_pylist() == [NOW]
    hour = Window(WINDOW.end, WINDOW.end + HOUR)
    second = run_of(tmp_path, site.port, "second", window=hour, now=NOW + HOUR)
    ingest.land(second, fetched(second))
    assert stored(second) == sorted(LINKS)
    (state,) = second.warehouse.latest().read("feed_state").to_pylist()
    assert (state["last_new_item_at"], state["last_success_at"]) == (NOW, NOW + HOUR)


def test_landing_takes_many_small_parts_at_once_and_one_large_part_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_GROUP_BYTES", 5_000)
    monkeypatch.setattr(crawl_parts, "BATCH_BYTES", 20_000)
    sealed = crawl_parts.Parts(run_of(tmp_path, 1, "one"), "site")
    for number in range(30):
        sealed.seal(Answers(pages=[page(f"small{number}", 100)]))
    sealed.seal(Answers(pages=[page(f"large{number}", 2_000) for number in range(40)]))
    sealed.seal(Answers(pages=[page("small7", 100)]))
    wanted = [*(f"small{n}" for n in range(30)), *(f"large{n}" for n in range(40) if n != 3)]
    batches = list(crawl_parts.landing_batches(sealed.paths, wanted))
    assert sorted(page_id for batch in batches for page_id in batch["page_id"].to_pylist()) == sorted(wanted)
    assert batches[0].num_rows >= 30
    assert 4 <= len(batches) <= 12
    assert max(batch.nbytes for batch in batches) <= 20_000 + 5_000


def page(page_id: str, size: int) -> Row:
    """A PAGES row."""
    return {
        "page_id": page_id, "source_id": "site", "window_start": WINDOW.start, "fetched_at": NOW, "body": b"x" * size,
        "body_sha256": "0", "cause": "new", "run_id": "r", "recorded_at": NOW, "day": WINDOW.day,
    }  # fmt: skip


def request(number: int) -> Row:
    """A FETCHES row."""
    return {
        "fetch_id": f"f{number}", "source_id": "site", "url": f"http://news.example/{number}", "purpose": "page",
        "outcome": "not-now", "bytes": 0, "ms": 0, "requested_at": NOW, "window_start": WINDOW.start, "run_id": "r",
        "recorded_at": NOW, "day": WINDOW.day,
    }  # fmt: skip
