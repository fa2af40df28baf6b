"""A withdrawn article is nowhere: no value of any file holds its words, what quoted it says why, and it does not come back."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.warehouse import made_record
from newsroom import DAYS
from pipeline.articles.changes import ArticleChanges
from pipeline.articles.withdrawal import where_it_stands
from pipeline.articles.withdrawn import read_withdrawn
from pipeline.builds.recall import read_digest, rebuild_digest, verify_builds
from pipeline.crawl.history import stored_history
from pipeline.errors import UsageError, WarehouseError
from pipeline.publish import withdrawn as published
from pipeline.settings import PROJECT, Settings
from pipeline.store.staging import write_sealed
from pipeline.store.warehouse import Warehouse
from pipeline.tables import ARTICLE_HISTORY, ARTICLES, EXTRACTED, PAGES
from pipeline.windows import Window
from pipeline.workflow.local_run import run_window
from pipeline.workflow.rebuild import rebuild_stories
from pipeline.workflow.withdraw import verify_withdrawals, withdraw
from tests.played import STARTED, Play

Row = dict[str, Any]
WHY = "the publisher asked for it"

pytestmark = pytest.mark.timeout(600)  # the first test that needs the play waits for it


@pytest.fixture
def played(play: Play, tmp_path: Path) -> tuple[Settings, Warehouse]:
    root = play.copy(tmp_path / "warehouse")
    shutil.rmtree(root / "_staging", ignore_errors=True)
    shutil.copytree(play.root / "_staging", root / "_staging")  # not by links: these may be written again
    settings = Settings(warehouse=root, sources=PROJECT / "newsroom" / "sources.toml", extract_workers=1)
    return settings, Warehouse(root)


def cited(warehouse: Warehouse, *, since: date = DAYS[0]) -> Row:
    """An article of a closed day that a final digest's line is a passage of, whose title heads a story."""
    snapshot = warehouse.latest()
    headings = set(snapshot.read("digests")["headline"].to_pylist())
    primary = {c["article_id"] for c in snapshot.read("citations").to_pylist() if c["role"] == "primary"}
    rows = snapshot.read("articles").to_pylist()
    found = [r for r in rows if r["article_id"] in primary and r["title"] in headings and since <= r["day"] < DAYS[-1]]
    return min(found, key=lambda row: (row["day"], row["article_id"]))


def words_of(warehouse: Warehouse, row: Row) -> list[bytes]:
    """Sentences of all versions of an article that no other article has."""
    snapshot = warehouse.latest()
    versions = [*snapshot.read("articles").to_pylist(), *snapshot.read("article_history").to_pylist()]
    own = [v for v in versions if v["article_id"] == row["article_id"]]
    others = [v for v in versions if v["article_id"] != row["article_id"]]
    sentences = {s.strip() for v in own for s in v["text"].replace("\n", ". ").split(". ") if len(s) > 40}
    found = [s for s in sorted(sentences) if not any(s in o["text"] for o in others)]
    assert found
    return [told.encode() for told in found]


def holding(root: Path, words: list[bytes], *, in_bodies: bool = True) -> set[str]:
    """The folders of a root that hold some words: every value of every Parquet file, every byte of every other."""
    found = set()
    seen: set[int] = set()
    for place, _, names in os.walk(root):
        for path in (Path(place, name) for name in names):
            if not path.is_file() or path.stat().st_ino in seen:
                continue
            seen.add(path.stat().st_ino)
            data = b"\0".join(_values(path, in_bodies=in_bodies)) if path.suffix == ".parquet" else path.read_bytes()
            if any(word in data for word in words):
                found.add(path.relative_to(root).parts[0])
    return found


def _values(path: Path, *, in_bodies: bool) -> Iterator[bytes]:
    with pq.ParquetFile(path) as file:
        yield repr(file.schema_arrow.metadata).encode()
        for group in range(file.num_row_groups):
            for row in file.read_row_group(group).to_pylist():
                for value in (value for name, value in row.items() if in_bodies or name != "body"):
                    yield value if isinstance(value, bytes) else str(value).encode(errors="replace")


def test_no_file_of_the_warehouse_holds_a_withdrawn_article(played: tuple[Settings, Warehouse]) -> None:
    settings, warehouse = played
    row = cited(warehouse)
    words = words_of(warehouse, row)
    pinned = warehouse.latest().number
    own = stored_history(warehouse.latest(), Window.of_day(row["day"]), [row["source_id"]])
    assert own.withdrawn == frozenset()
    warehouse.pin(pinned)
    staged = warehouse.staging("news_ingest", "w", "validate", "articles")
    write_sealed(staged, warehouse.latest().read("articles", having=("article_id", pa.array([row["article_id"]]))))
    told = warehouse.root / "_staging" / "told" / "2026-03-02.json"
    told.parent.mkdir(exist_ok=True)
    told.write_bytes(words[0])
    aside = warehouse.root / "set-aside" / "x"
    aside.parent.mkdir()
    aside.write_bytes(words[0])
    assert holding(warehouse.root, words) > {"digests", "_staging", "set-aside"}
    days = warehouse.latest().closed_days
    done = withdraw(settings, warehouse, row["article_id"], why=WHY, started_at=datetime.now(UTC))
    assert holding(warehouse.root, words) == set()
    # other pages name it in boxes of their own: their bytes are theirs
    assert holding(warehouse.root, [row["title"].encode()], in_bodies=False) == set()
    own = stored_history(warehouse.latest(), Window.of_day(row["day"]), [row["source_id"]])
    assert row["url"] in own.withdrawn
    assert pinned in done.snapshots
    assert done.build_ids
    assert [str(problem) for problem in warehouse.verify()] + verify_builds(warehouse) == []
    assert verify_withdrawals(warehouse) == []
    assert warehouse.latest().closed_days == days
    stored = warehouse.sql(
        f"SELECT title, text, content_kind, url FROM articles WHERE article_id = '{row['article_id']}'"
    )
    assert stored.to_pylist() == [{"title": None, "text": "", "content_kind": "withdrawn", "url": row["url"]}]
    kept = warehouse.sql("SELECT article_id, url, why, text_sha256s, build_ids FROM withdrawals").to_pylist()[0]
    assert (kept["article_id"], kept["url"], kept["why"]) == (row["article_id"], row["url"], WHY)
    assert row["text_sha256"] in kept["text_sha256s"]
    causes = warehouse.sql(f"SELECT DISTINCT cause FROM corrections WHERE article_id = '{row['article_id']}'")
    assert "withdrawal" in causes["cause"].to_pylist()
    again = withdraw(settings, warehouse, row["article_id"], why="other words", started_at=datetime.now(UTC))
    assert (again.snapshot, again.snapshots) == (done.snapshot, ())


def test_digests_say_what_was_withdrawn_and_cannot_be_made_again(played: tuple[Settings, Warehouse]) -> None:
    settings, warehouse = played
    row = cited(warehouse)
    told = [c for c in warehouse.latest().read("citations").to_pylist() if c["article_id"] == row["article_id"]]
    day = min(c["day"] for c in told if c["role"] == "primary")
    before = datetime.now(UTC)
    withdraw(settings, warehouse, row["article_id"], why=WHY, started_at=datetime.now(UTC))
    for form in ("md", "html", "json"):
        assert WHY in read_digest(warehouse, day, as_of=before, format_=form)
    assert WHY in (warehouse.root / "digests" / "atom.xml").read_text()
    document = json.loads(read_digest(warehouse, day, format_="json"))
    lines = {line["development_id"] for story in document["stories"] for line in story["developments"]}
    gone = set(document["withdrawn"][0]["lines"])
    assert gone
    assert not gone & lines
    assert not gone & set(document["brief"])
    assert all(said.startswith("withdrawn: ") for said in rebuild_digest(warehouse, settings, day))
    assert rebuild_digest(warehouse, settings, day)


@pytest.mark.drill
def test_killed_anywhere_the_same_call_goes_on(
    played: tuple[Settings, Warehouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, warehouse = played
    row = cited(warehouse)
    words = words_of(warehouse, row)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for where in (
        "pipeline.store.transaction.Transaction.commit",
        "pipeline.workflow.withdraw.put_in_place",
        "pipeline.workflow.withdraw.discard_holding",
        "pipeline.store.warehouse.Warehouse.end_snapshots",
    ):
        with monkeypatch.context() as patched:
            patched.setattr(where, die)
            with pytest.raises(KeyboardInterrupt):
                withdraw(settings, warehouse, row["article_id"], why=WHY, started_at=datetime.now(UTC))
        assert bool(warehouse.latest().read("withdrawals").num_rows) == ("Transaction" not in where)
        assert holding(warehouse.root, words)
        assert not warehouse.latest().read("withdrawals").num_rows or verify_withdrawals(warehouse)
    withdraw(settings, warehouse, row["article_id"], why=WHY, started_at=datetime.now(UTC))
    assert holding(warehouse.root, words) == set()
    assert [str(problem) for problem in warehouse.verify()] + verify_builds(warehouse) == []
    assert verify_withdrawals(warehouse) == []


def test_what_was_withdrawn_is_not_taken_again_by_address_or_text(
    played: tuple[Settings, Warehouse], tmp_path: Path
) -> None:
    settings, warehouse = played
    row = cited(warehouse)
    words = words_of(warehouse, row)
    snapshot = warehouse.latest()
    page = snapshot.read("pages", having=("page_id", pa.array([row["page_id"]])))
    body = page["body"][0].as_py()
    withdraw(settings, warehouse, row["article_id"], why=WHY, started_at=datetime.now(UTC))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "same-bytes.html").write_bytes(body)
    (inbox / "same-text.html").write_bytes(body + b"\n<!-- another copy -->\n")
    window = Window.of_day(DAYS[-1] + timedelta(days=1))
    summary = run_window(settings, warehouse, window, started_at=STARTED, inbox=inbox)
    assert summary.to_dict()["counts"].get("new", 0) == 0
    assert holding(warehouse.root, words) == set()
    reasons = warehouse.sql(f"SELECT stage, status FROM quarantine WHERE reason = 'withdrawn' AND day = '{window.day}'")
    later = Window.of_day(window.day + timedelta(days=1))
    archive = tmp_path / "pages.warc"
    archive.write_bytes(made_record(row["url"], body, later.start + timedelta(hours=3)))
    run_window(settings, warehouse, later, started_at=STARTED, archives=(archive,))
    assert holding(warehouse.root, words) == set()
    assert sorted(map(tuple, (r.values() for r in reasons.to_pylist()))) == [
        ("extract", "dropped"),
        ("land", "dropped"),
    ]
    assert [str(problem) for problem in warehouse.verify()] + verify_withdrawals(warehouse) == []


def put_beside(warehouse: Warehouse, row: Row, article_id: str, texts: list[str]) -> None:
    """Store an article beside another one, with a page of its own, that had each of some texts, the last one now."""
    page = warehouse.latest().read("pages", having=("page_id", pa.array([row["page_id"]]))).to_pylist()[0]
    own = {"page_id": f"page-{article_id}", "requested_url": f"https://{article_id}.example/1"}
    own |= {"final_url": own["requested_url"], "body": article_id.encode(), "body_sha256": sha256(article_id)}
    about = {"article_id": article_id, "page_id": own["page_id"], "url": own["final_url"], "duplicate_of": None}
    about |= {"canonical_url": own["final_url"], "declared_original_url": None}
    versions = [
        row | about | {"version": n, "text": text, "text_sha256": sha256(text)} for n, text in enumerate(texts, 1)
    ]
    with warehouse.writing(warehouse.latest().recorded_at) as tx:
        tx.upsert("pages", PAGES.rows([page | own]))
        tx.upsert("article_history", ARTICLE_HISTORY.rows(versions[:-1]))
        tx.upsert("articles", ARTICLES.rows(versions[-1:]))
        tx.commit()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_no_text_that_goes_stands_in_another_article_however_they_hang_together(
    played: tuple[Settings, Warehouse],
) -> None:
    """One had the text in an earlier version; a third has what the second one tells now; a fourth has neither."""
    settings, warehouse = played
    row = cited(warehouse)
    told = ["The quay was closed on Monday.", "The quay will open again."]
    put_beside(warehouse, row, "second", [row["text"], told[0]])
    put_beside(warehouse, row, "third", [told[0]])
    put_beside(warehouse, row, "fourth", [told[1]])
    raw = f"{row['text']}\n\nFollow us on all channels"
    with warehouse.writing(warehouse.latest().recorded_at) as tx:
        (reading,) = tx.snapshot.read("extractions", having=("page_id", pa.array([row["page_id"]]))).to_pylist()
        tx.upsert("extractions", EXTRACTED.rows([reading | {"text": raw, "text_sha256": sha256(raw)}]))
        tx.commit()
    done = withdraw(settings, warehouse, row["article_id"], why=WHY, started_at=datetime.now(UTC))
    assert set(done.article_ids) == {row["article_id"], "second", "third"}
    assert verify_withdrawals(warehouse) == []
    assert [str(problem) for problem in warehouse.verify()] == []
    assert holding(warehouse.root, [told[0].encode(), b"Follow us on all channels"]) == set()
    assert holding(warehouse.root, [told[1].encode()]) != set()
    kept = {r["article_id"]: r for r in warehouse.latest().read("withdrawals").to_pylist()}
    assert sha256(raw) in kept[row["article_id"]]["text_sha256s"], (
        "by another address it would come with the host's lines"
    )


def test_a_text_that_is_a_withdrawn_one_without_the_lines_of_its_host_is_not_taken(
    played: tuple[Settings, Warehouse],
) -> None:
    settings, warehouse = played
    row = cited(warehouse)
    withdraw(settings, warehouse, row["article_id"], why=WHY, started_at=datetime.now(UTC))
    again = row | {"article_id": "again", "url": "https://other.example/", "page_id": "p2"}
    other = again | {"article_id": "other", "page_id": "p3", "text_sha256": sha256("another")}
    changes = ArticleChanges(articles=ARTICLES.rows([again, other]))
    withdrawn = read_withdrawn(warehouse.latest())
    passed = pa.table({"page_id": ["p2", "p3"]})
    assert withdrawn.refused_versions(changes, passed) == {"p2": row["article_id"]}
    assert withdrawn.refused_versions(changes, passed.slice(1)) == {}


@pytest.mark.drill
def test_days_are_decided_and_told_anew_without_it(played: tuple[Settings, Warehouse], tmp_path: Path) -> None:
    settings, warehouse = played
    row = cited(warehouse, since=DAYS[-2])
    words = words_of(warehouse, row)
    withdraw(settings, warehouse, row["article_id"], why=WHY, started_at=datetime.now(UTC))
    (tmp_path / "inbox").mkdir()
    window = Window.of_day(DAYS[-1] + timedelta(days=1))
    run_window(settings, warehouse, window, started_at=STARTED, inbox=tmp_path / "inbox")
    rebuild_stories(settings, warehouse, row["day"], by="desk", why="without it", started_at=STARTED)
    assert holding(warehouse.root, words) == set()
    assert [str(problem) for problem in warehouse.verify()] + verify_builds(warehouse) == []
    assert verify_withdrawals(warehouse) == []
    kept = warehouse.sql(f"SELECT content_kind FROM articles WHERE article_id = '{row['article_id']}'")
    assert kept["content_kind"].to_pylist() == ["withdrawn"]
    assert rebuild_digest(warehouse, settings, row["day"]) == []
    (erratum,) = json.loads(read_digest(warehouse, row["day"], format_="json"))["withdrawn"]
    assert (erratum["article_id"], erratum["why"]) == (row["article_id"], WHY)
    assert all(WHY in read_digest(warehouse, row["day"], format_=form) for form in ("md", "html"))


def test_an_unknown_article_is_misuse(played: tuple[Settings, Warehouse]) -> None:
    settings, warehouse = played
    with pytest.raises(UsageError, match="there is no article"):
        withdraw(settings, warehouse, "0" * 32, why=WHY, started_at=datetime.now(UTC))
    assert where_it_stands(warehouse.latest(), []) == []
    assert published.builds_telling(warehouse.root, ["0" * 32]) == []


def test_a_full_disk_is_told_with_the_digest_that_found_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(published, "write_bytes", full)
    monkeypatch.setattr(published, "_documents", lambda root: [("b1", {})])
    monkeypatch.setattr(published, "take_out_of", lambda *_: {"taken": True})
    monkeypatch.setattr(published, "render_files", lambda _: {"digest.md": b""})
    with pytest.raises(WarehouseError, match=r"b1\.withdrawn.*no space is left"):
        published.write_beside(tmp_path, [], ())
