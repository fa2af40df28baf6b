"""Runs that overlap, runs that are killed, readers that never stop, and a forger: the warehouse stays one truth."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest

from pipeline.errors import BooksUnbalanced, VerificationFailed
from pipeline.settings import Settings
from pipeline.stages import ingest
from pipeline.stages.digest_recall import read_digest, verify_builds
from pipeline.stages.passes import run_pass
from pipeline.store.warehouse import Warehouse
from pipeline.windows import Window
from tests.conftest import PROJECT, clean_environment

STARTED = datetime(2026, 4, 1, 12, tzinfo=UTC)
TOPICS = {
    "mill": ("the old Aldery mill", "saw blades", "Ida Holm"),
    "harbour": ("the inner harbour of Vikstad", "dredging barges", "Jon Falk"),
    "school": ("the Tormund school", "roof tiles", "Petra Lindqvist"),
    "museum": ("the glass museum in Eketorp", "display cases", "Olof Brandt"),
}


def page(topic: str, url: str, day: int) -> str:
    place, things, person = TOPICS[topic]
    body = "".join(
        f"<p>On day {day} {person} said that {place} would receive {n * 7 + day} {things} in week {n}, at a cost of "
        f"{n * 13 + day} thousand crowns, and that visitors of {place} may see the work from gate {n + day}.</p>"
        for n in range(4, 10)
    )
    title = f"{place[0].upper()}{place[1:]} gets {things} on day {day}"
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
    settings = settings_of(root)
    window = Window.of_day(date(2026, 3, day))
    run_pass(settings, Warehouse(root), window, started_at=STARTED, inbox=inbox)


def start(root: Path, inbox: Path, day: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "pipeline.cli",
            "run",
            "--inbox",
            str(inbox),
            "--window",
            f"2026-03-0{day}/2026-03-0{day + 1}",
        ],
        cwd=PROJECT,
        env=clean_environment(warehouse=str(root), extract_workers="1"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def test_two_runs_bring_the_same_url_and_the_same_text_at_once(tmp_path):
    root = tmp_path / "warehouse"
    text = page("mill", "http://www.mill-news.example/2026/mill-shared", 2)
    copy = page("mill", "http://www.other-paper.example/2026/from-the-mill", 2)
    for number, contents in enumerate((text, text.replace("<h1>", "<h1> "), copy), start=1):
        folder = tmp_path / f"inbox-{number}"
        folder.mkdir()
        (folder / "shared.html").write_text(contents)
    runs = [start(root, tmp_path / f"inbox-{number}", number) for number in (1, 2, 3)]
    for run in runs:
        assert run.wait(timeout=120) == 0, run.stderr.read()
    snapshot = Warehouse(root).latest()
    articles = snapshot.read("articles", columns=["article_id", "duplicate_of"]).to_pylist()
    assert len(articles) == 2
    assert [article["duplicate_of"] is None for article in articles].count(True) == 1
    canonical = next(a["article_id"] for a in articles if a["duplicate_of"] is None)
    assert snapshot.read("duplicates")["canonical_id"].to_pylist() == [canonical]


@pytest.mark.timeout(540)
def test_killed_at_random_moments_and_repeated(tmp_path):
    inboxes = {day: write_day(tmp_path / f"inbox-{day}", day) for day in (1, 2)}
    calm, stormy = tmp_path / "calm", tmp_path / "stormy"
    for day, inbox in inboxes.items():
        one_pass(calm, inbox, day)
    began = time.monotonic()
    assert start(tmp_path / "timed", inboxes[1], 1).wait(timeout=120) == 0
    seconds = time.monotonic() - began
    dice = random.Random(7)
    for day, inbox in inboxes.items():
        for _ in range(15):
            run = start(stormy, inbox, day)
            time.sleep(dice.uniform(0.35, 1.0) * seconds)
            if run.poll() is None:
                run.send_signal(signal.SIGKILL)
            run.wait()
            run.stderr.close()
            assert Warehouse(stormy).verify() == []
        one_pass(stormy, inbox, day)
    assert Warehouse(stormy).content_hash() == Warehouse(calm).content_hash()
    assert verify_builds(Warehouse(stormy)) == []


def test_readers_are_never_disturbed(tmp_path):
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


def test_a_forged_version_is_refused_by_name(tmp_path):
    import hashlib

    root = tmp_path / "warehouse"
    one_pass(root, write_day(tmp_path / "inbox", 1), 1)
    warehouse = Warehouse(root)
    snapshot = warehouse.latest()
    citation = snapshot.read("citations").to_pylist()[0]
    forged = snapshot.read("articles", where=pc.field("article_id") == citation["article_id"]).to_pylist()
    text, at = forged[0]["text"], citation["char_start"] + 5
    forged[0]["text"] = text[:at] + ("x" if text[at] != "x" else "y") + text[at + 1 :]
    forged[0]["text_sha256"] = hashlib.sha256(forged[0]["text"].encode()).hexdigest()
    with warehouse.writing(STARTED) as tx:
        tx.upsert(
            "articles", type(snapshot.read("articles")).from_pylist(forged, schema=snapshot.read("articles").schema)
        )
        tx.commit()
    assert warehouse.verify() == []
    found = verify_builds(warehouse)
    assert found
    assert citation["quote"][:20] in " ".join(found)


def test_a_forged_version_is_not_published(tmp_path, monkeypatch):
    import hashlib

    from pipeline.stages import digest

    root = tmp_path / "warehouse"
    write_day(tmp_path / "inbox", 1)
    warehouse = Warehouse(root)
    real_verify = digest.verify

    def forge_first(run, built):
        """Change one character of every article between build and verify, as a thief in the store would."""
        with run.warehouse.writing(run.now) as tx:
            articles = tx.snapshot.read("articles")
            forged = [
                row
                | {
                    "text": row["text"].replace("crowns", "crownz"),
                    "text_sha256": hashlib.sha256(row["text"].replace("crowns", "crownz").encode()).hexdigest(),
                }
                for row in articles.to_pylist()
            ]
            tx.upsert("articles", articles.from_pylist(forged, schema=articles.schema))
            tx.commit()
        return real_verify(run, built)

    monkeypatch.setattr(digest, "verify", forge_first)
    with pytest.raises(VerificationFailed, match="crowns"):
        one_pass(root, tmp_path / "inbox", 1)
    assert warehouse.latest().read("developments").num_rows == 0
    monkeypatch.setattr(digest, "verify", lambda run, built: built)
    with pytest.raises(VerificationFailed, match="crowns"):
        digest.publish(*unpublished(root, tmp_path / "inbox"))


def unpublished(root: Path, inbox: Path) -> tuple:
    """A digest run and its build, made from honest articles that are forged before it is published."""
    import dataclasses
    import hashlib

    from pipeline.stages import digest
    from pipeline.stages.run import Run

    window = Window.of_day(date(2026, 3, 1))
    run = Run(
        settings=settings_of(root),
        warehouse=Warehouse(root),
        window=window,
        now=STARTED,
        run_id="news_digest/forged",
        dag_id="news_digest",
        started_at=STARTED,
    )
    honest = dataclasses.replace(run, run_id="news_digest/honest")
    built = digest.build(honest, {"day": "2026-03-01", "missing_windows": []})
    with run.warehouse.writing(run.now) as tx:
        articles = tx.snapshot.read("articles")
        rows = [row | {"text": row["text"].replace("crownz", "crowns")} for row in articles.to_pylist()]
        for row in rows:
            row["text_sha256"] = hashlib.sha256(row["text"].encode()).hexdigest()
        tx.upsert("articles", articles.from_pylist(rows, schema=articles.schema))
        tx.commit()
    return honest, built


@pytest.mark.parametrize("room", ["extract", "validate"])
def test_a_row_dropped_inside_a_stage_fails_the_run(tmp_path, monkeypatch, room):
    inbox = write_day(tmp_path / "inbox", 1)
    if room == "extract":
        whole = ingest.extract_pages
        monkeypatch.setattr(ingest, "extract_pages", lambda pages, **options: whole(pages, **options).slice(1))
    else:
        judged = ingest.validate_articles

        def losing(extracted, **options):
            import dataclasses

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
    one_pass(root, write_day(tmp_path / "inbox-2", 2, ("mill",)), 2)
    placed = Warehouse(root).latest().read("story_articles", days=[date(2026, 3, 2)])
    assert placed.num_rows == 2
