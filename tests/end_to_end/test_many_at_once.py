"""Runs that overlap, runs that are killed, readers that never stop, and a forger: the warehouse stays one truth."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.builds.recall import read_digest, verify_builds
from pipeline.errors import BooksUnbalanced, VerificationFailed
from pipeline.settings import Settings
from pipeline.stages import digest, ingest
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from pipeline.workflow.local_run import run_window, windows_of

STARTED = datetime(2026, 4, 1, 12, tzinfo=UTC)
TOPICS = {
    "mill": (
        "Old Aldery mill to saw again",
        "The water mill at Aldery will saw timber again from May {day}, carpenter Ida Holm told the parish.",
        "Her crew replaced the oak wheel, {count} paddles and both iron axles during the winter.",
        "A trust of neighbours collected {sum} thousand crowns, mostly at bake sales and a summer concert.",
        "Planks from the mill are meant for the roof of the ruined tithe barn next door.",
        "Schoolchildren may steer the sluice on Saturdays, provided that the brook carries enough water.",
    ),
    "harbour": (
        "Dredgers clear the inner harbour of Vikstad",
        "Two dredgers began on March {day} to clear silt out of Vikstad's inner harbour, pilot Jon Falk reported.",
        "Trawlers drawing over three metres had been forced to unload at Norrvik, {count} kilometres up the coast.",
        "The port authority pays {sum} thousand crowns and expects higher landing fees in return.",
        "Divers first removed bicycles, anchors and a sunken dinghy that blocked the suction pipes.",
        "Herring auctions move back to the quay as soon as the ice house has been repaired.",
    ),
    "school": (
        "Tormund school loses its roof in a gale",
        "A gale tore half the tiles off Tormund primary school in the early hours of March {day}.",
        "Headteacher Petra Lindqvist sent {count} pupils home and moved the rest into the fire station.",
        "Insurers estimate the damage at {sum} thousand crowns, not counting the flooded library.",
        "Roofers from three villages offered to work for free over the Easter holidays.",
        "Lessons in music and woodwork are cancelled until the gymnasium has dried out.",
    ),
    "museum": (
        "Glass museum finds a forgotten vase",
        "Curators in Eketorp discovered a forgotten vase by the glassblower Agda Ros behind a false wall, on March {day}.",
        "Director Olof Brandt dates the piece to 1911 and counts {count} engraved swallows on it.",
        "An auctioneer from the capital valued it at {sum} thousand crowns, which the museum declined.",
        "Visitors can watch a restorer remove the soot behind a pane in the entrance hall.",
        "Old letters suggest that a twin of the vase was sold to a sea captain.",
    ),
}


def page(topic: str, url: str, day: int) -> str:
    title, *sentences = TOPICS[topic]
    body = "".join(f"<p>{sentence.format(day=day, count=day * 17 + 4, sum=day * 130)}</p>" for sentence in sentences)
    return (
        f'<!doctype html><html lang="en"><head><title>{title}</title><link rel="canonical" href="{url}">'
        f'<meta property="article:published_time" content="2026-03-0{day}T09:00:00+00:00"></head>'
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    )


def write_day(folder: Path, day: int, topics: tuple[str, ...] = tuple(TOPICS)) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for topic in topics:
        url = f"http://www.{topic}-news.example/2026/{topic}-day-{day}"
        (folder / f"{topic}.html").write_text(page(topic, url, day))
    return folder


def settings_of(root: Path) -> Settings:
    return Settings(warehouse=root, extract_workers=1)


def one_pass(root: Path, inbox: Path, day: int) -> None:
    window = Window.of_day(date(2026, 3, day))
    run_window(settings_of(root), Warehouse(root), window, started_at=STARTED, inbox=inbox)


def take_in(root: Path, archive: Path) -> None:
    """What `daybook run --warc` does."""
    settings, warehouse = settings_of(root), Warehouse(root)
    for window in windows_of(settings, warehouse, None, started_at=STARTED, archives=(archive,)):
        run_window(settings, warehouse, window, started_at=STARTED, archives=(archive,))


def write_archive(path: Path, day: int, captures: dict[str, str]) -> Path:
    """A WARC file of pages by URL, captured on a day of March 2026."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url, contents in captures.items():
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            date_header = {"WARC-Date": f"2026-03-0{day}T10:00:00Z"}
            body = BytesIO(contents.encode())
            writer.write_record(
                writer.create_warc_record(
                    url, "response", payload=body, http_headers=headers, warc_headers_dict=date_header
                )
            )
    return path


def test_two_runs_bring_the_same_url_and_the_same_text_at_once(tmp_path):
    root = tmp_path / "warehouse"
    url, other = "http://www.mill-news.example/2026/mill-shared", "http://www.other-paper.example/2026/from-the-mill"
    bring = ({url: page("mill", url, 2)}, {url: page("mill", url, 2)}, {other: page("mill", other, 2)})
    archives = [
        write_archive(tmp_path / f"{day}.warc.gz", day, captures) for day, captures in enumerate(bring, start=1)
    ]
    runs = [fork(take_in, root, archive) for archive in archives]
    assert [os.waitpid(run, 0)[1] for run in runs] == [0, 0, 0]
    snapshot = Warehouse(root).latest()
    articles = snapshot.read("articles", columns=["article_id", "duplicate_of"]).to_pylist()
    assert len(articles) == 2
    assert [article["duplicate_of"] is None for article in articles].count(True) == 1
    canonical = next(a["article_id"] for a in articles if a["duplicate_of"] is None)
    assert snapshot.read("duplicates")["canonical_id"].to_pylist() == [canonical]


def fork(work: Callable[..., None], *arguments: Any) -> int:
    """Work in a child of this warmed-up process: what overlaps or is killed is the work, not the imports before it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setsid()
            work(*arguments)
            code = 0
        finally:
            os._exit(code)
    return child


def keep_up(root: Path) -> None:
    """What news_upkeep does, one night after the other, until it is ended."""
    while True:
        warehouse, now = Warehouse(root), datetime.now(UTC)
        warehouse.expire(now)
        warehouse.collect_garbage(now)
        warehouse.compact()


@pytest.mark.drill
@pytest.mark.parametrize(("kills", "with_upkeep"), [(3, False), (15, False), (6, True)])
def test_killed_at_random_moments_and_repeated(tmp_path, kills, with_upkeep):
    inboxes = {day: write_day(tmp_path / f"inbox-{day}", day) for day in (1, 2)}
    calm, stormy = tmp_path / "calm", tmp_path / "stormy"
    for day, inbox in inboxes.items():
        one_pass(calm, inbox, day)
    began = time.monotonic()
    os.waitpid(fork(one_pass, tmp_path / "timed", inboxes[1], 1), 0)
    seconds = time.monotonic() - began
    dice = random.Random(7)
    killed = 0
    for day, inbox in inboxes.items():
        for _ in range(kills):
            children = [fork(one_pass, stormy, inbox, day), *([fork(keep_up, stormy)] if with_upkeep else [])]
            time.sleep(dice.uniform(0.02, 1.0) * seconds * len(children))
            for child in children:
                os.kill(child, signal.SIGKILL)
                killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
            assert Warehouse(stormy).verify() == []
        upkeep = fork(keep_up, stormy) if with_upkeep else None
        try:
            one_pass(stormy, inbox, day)
        finally:
            if upkeep:
                os.kill(upkeep, signal.SIGKILL)
                os.waitpid(upkeep, 0)
    assert killed
    Warehouse(stormy).collect_garbage(datetime.now(UTC))
    stored = {path.name for path in (stormy / "files").rglob("*.parquet")}
    kept = [Warehouse(stormy).snapshot(number).manifest for number in Warehouse(stormy).kept()]
    assert stored == {
        Path(file.path).name for manifest in kept for table in manifest.tables.values() for file in table.files
    }
    assert Warehouse(stormy).content_hash() == Warehouse(calm).content_hash()
    assert verify_builds(Warehouse(stormy)) == []


@pytest.mark.drill
def test_readers_are_never_disturbed(tmp_path):
    """What tests/store asks of one commit after the other, asked of whole runs."""
    root = tmp_path / "warehouse"
    for day in (1, 2):
        write_day(tmp_path / f"inbox-{day}", day)
    one_pass(root, tmp_path / "inbox-1", 1)
    stop, problems, reads = threading.Event(), [], {"duckdb": 0, "pyarrow": 0}
    belonging = (
        "SELECT count(*) FROM {s} LEFT JOIN {a} USING (article_id) WHERE {a}.article_id IS NULL",
        "SELECT count(*) FROM {d} LEFT JOIN {s} USING (story_id) WHERE {s}.story_id IS NULL",
    )

    def read_duckdb() -> None:
        try:
            while not stop.is_set() or reads["duckdb"] < 100:
                with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as connection:
                    for query in belonging:
                        strays = connection.execute(
                            query.format(a="articles", s="story_articles", d="digests")
                        ).fetchone()[0]
                        assert strays == 0, query
                reads["duckdb"] += 1
        except Exception as error:
            problems.append(error)

    def read_pyarrow() -> None:
        try:
            while not stop.is_set() or reads["pyarrow"] < 100:
                path = (root / "current").resolve()
                tables = {
                    name: ds.dataset(path / name, format="parquet", partitioning="hive").to_table()
                    for name in ("articles", "story_articles", "digests")
                }
                known = tables["articles"]["article_id"]
                assert pc.all(pc.is_in(tables["story_articles"]["article_id"], value_set=known)).as_py()
                stories = tables["story_articles"]["story_id"]
                assert pc.all(pc.is_in(tables["digests"]["story_id"], value_set=stories)).as_py()
                reads["pyarrow"] += 1
        except Exception as error:
            problems.append(error)

    readers = [threading.Thread(target=target) for target in (read_duckdb, read_duckdb, read_pyarrow, read_pyarrow)]
    for reader in readers:
        reader.start()
    before = Warehouse(root).latest().number
    day = 2
    while Warehouse(root).latest().number - before < 20:
        write_day(tmp_path / f"inbox-{day}", day)
        one_pass(root, tmp_path / f"inbox-{day}", day)
        day += 1
    stop.set()
    for reader in readers:
        reader.join()
    assert problems == []
    assert min(reads.values()) >= 100


def forge(warehouse: Warehouse) -> None:
    """Change one letter in every article, checksums right, committed through the store: a thief with the keys."""
    with warehouse.writing(STARTED) as tx:
        articles = tx.snapshot.read("articles")
        rows = articles.to_pylist()
        for row in rows:
            row["text"] = row["text"].replace("March", "Narch").replace("May", "Nay")
            row["text_sha256"] = hashlib.sha256(row["text"].encode()).hexdigest()
        tx.upsert("articles", pa.Table.from_pylist(rows, schema=articles.schema))
        tx.commit()


def test_a_forged_version_behind_a_published_line_is_found(tmp_path):
    root = tmp_path / "warehouse"
    one_pass(root, write_day(tmp_path / "inbox", 1), 1)
    warehouse = Warehouse(root)
    assert verify_builds(warehouse) == []
    forge(warehouse)
    assert warehouse.verify() == []
    quotes = warehouse.latest().read("citations")["quote"].to_pylist()
    touched = [quote for quote in quotes if "March" in quote or "May" in quote]
    problems = verify_builds(warehouse)
    assert touched
    assert all(any(quote[:20] in problem for problem in problems) for quote in touched)


@pytest.mark.parametrize("when", ["before verify", "after verify"])
def test_a_forged_version_is_not_published(tmp_path, monkeypatch, when):
    root = tmp_path / "warehouse"
    verify = digest.verify

    def verify_and_forge(run, built):
        if when == "before verify":
            forge(run.warehouse)
        answer = verify(run, built)
        if when == "after verify":
            forge(run.warehouse)
        return answer

    monkeypatch.setattr(digest, "verify", verify_and_forge)
    with pytest.raises(VerificationFailed, match="is not published: line 1 of story"):
        one_pass(root, write_day(tmp_path / "inbox", 1), 1)
    assert Warehouse(root).latest().read("developments").num_rows == 0
    assert not (root / "digests" / "2026-03-01").exists()


@pytest.mark.parametrize("room", ["extract", "validate"])
def test_a_row_dropped_inside_a_stage_fails_the_run(tmp_path, monkeypatch, room):
    inbox = write_day(tmp_path / "inbox", 1)
    if room == "extract":
        whole = ingest.read_pages
        monkeypatch.setattr(ingest, "read_pages", lambda *arguments, **more: whole(*arguments, **more).slice(1))
    else:
        judged = ingest.validate_articles

        def losing(extracted, **options):
            verdict = judged(extracted, **options)
            return dataclasses.replace(verdict, passed=verdict.passed.slice(1))

        monkeypatch.setattr(ingest, "validate_articles", losing)
    with pytest.raises(BooksUnbalanced, match=room):
        one_pass(tmp_path / "warehouse", inbox, 1)
    assert Warehouse(tmp_path / "warehouse").latest().read("articles").num_rows == 0


def test_a_late_article_joins_the_next_open_day(tmp_path):
    root = tmp_path / "warehouse"
    one_pass(root, write_day(tmp_path / "inbox-1", 1, ("mill", "harbour")), 1)
    first = read_digest(Warehouse(root), date(2026, 3, 1), as_of=None, format_="json")
    one_pass(root, write_day(tmp_path / "late", 1, ("museum",)), 1)
    assert read_digest(Warehouse(root), date(2026, 3, 1), as_of=None, format_="json") == first
    one_pass(root, write_day(tmp_path / "inbox-2", 2, ("school",)), 2)
    placed = Warehouse(root).latest().read("story_articles", days=[date(2026, 3, 2)])
    assert placed.num_rows == 2
