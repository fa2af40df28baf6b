"""An open day is a function of its pages: whatever the batches and their order, the same articles, versions and copies."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.articles.decide import decide_articles
from pipeline.articles.quarantine import decided
from pipeline.articles.standing import read_standing
from pipeline.store.warehouse import Warehouse
from pipeline.tables import EXTRACTED, QUARANTINE
from pipeline.text.urls import article_id
from pipeline.windows import Window

YESTERDAY, DAY, TOMORROW = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
OWN = "https://www.post.example/harbour/a-story-called-"
WORDS = [
    "harbour",
    "board",
    "voted",
    "dredge",
    "channel",
    "Tuesday",
    "first",
    "time",
    "years",
    "pilots",
    "welcomed",
    "vessels",
    "turned",
    "away",
    "low",
    "water",
    "season",
    "samples",
    "mussel",
    "beds",
    "fishermen",
    "objected",
    "silt",
    "survey",
    "depth",
    "metres",
    "council",
    "budget",
    "crowns",
    "spring",
    "work",
    "begin",
    "engineers",
]


def prose(seed: int, count: int = 160) -> str:
    dice = random.Random(seed)
    return " ".join(dice.choice(WORDS) + str(dice.randrange(90)) for _ in range(count)) + "."


def reading(name: str, hour: int, text: str, day: date = DAY, **more: object) -> dict[str, object]:
    """One page as extraction read it; the URL is the name's, the page id that of name and hour."""
    at = Window.of_day(day).start + timedelta(hours=hour)
    url = f"https://www.{more.pop('outlet', 'post')}.example/harbour/a-story-called-{name}"
    canonical = str(more.pop("canonical", url))
    return {
        "page_id": f"{name}-{day}-{hour:02d}", "article_id": article_id(canonical), "source_id": "post",
        "publisher": url.split(".")[1], "url": url, "canonical_url": canonical, "title": f"Title of {name}",
        "title_source": "jsonld", "authors": [], "window_start": at, "first_seen_at": at, "language": "en", "text": text,
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(), "word_count": len(text.split()), "content_kind": "news",
        "cleaning_rules": [], "extractor_version": "1", "fetched_at": at, "run_id": "run", "body_sha256": "b",
        "day": at.date(), "published_at": at, "published_at_source": "jsonld", "published_at_precision": "minute", **more,
    }  # fmt: skip


def load(
    warehouse: Warehouse, rows: list[dict[str, object]], released: frozenset[str] = frozenset()
) -> dict[str, tuple]:
    """What load_articles does with pages that passed."""
    table = EXTRACTED.rows(rows)
    now = max(row["fetched_at"] for row in rows)
    with warehouse.writing(now) as tx:
        changes = decide_articles(read_standing(tx.snapshot, table, table, released=released), now=now)
        changes.write(tx)
        tx.upsert("extractions", table)
        tx.commit()
    return changes.outcomes


def close(warehouse: Warehouse, day: date) -> None:
    with warehouse.writing(Window.of_day(day).end) as tx:
        tx.close_day(day)
        tx.commit()


YESTERDAYS = [reading("known", 9, prose(1), YESTERDAY), reading("wire", 10, prose(2), YESTERDAY)]
TODAYS = [
    reading("known", 9, prose(1)),  # asked again: nothing new
    reading("known", 13, prose(1).replace(".", " and more was said later on.")),
    reading("known", 15, prose(3)),
    reading("edited", 9, prose(4)),
    reading("edited", 10, prose(4), title="Another title, the same text"),
    reading("edited", 12, prose(5)),
    reading("edited", 14, prose(4)),  # taken back
    reading("origin", 11, prose(6), published_at=Window.of_day(DAY).start + timedelta(hours=1)),
    reading("copy", 8, prose(6) + " With our own last line.", outlet="mirror"),  # seen before what it copies
    reading("wire-copy", 7, prose(2) + " And a line of ours.", outlet="mirror"),
    *(reading(f"template-{n}", 8 + n, prose(10 + n), canonical="https://www.post.example/harbour/one-for-all") for n in range(4)),
    *(reading(f"wall-{n}", 8 + n, "Our shop is closed until Easter, come back then. " * 6) for n in range(6)),
    *(
        reading(f"constant-{n}", 6 + n, prose(30 + n), outlet="gull", published_at=datetime(2026, 1, 1, 12, 34, tzinfo=UTC))
        for n in range(3)
    ),
]  # fmt: skip


def one_by_one(rows: list[dict[str, object]]) -> list[list[dict[str, object]]]:
    return [[row] for row in sorted(rows, key=lambda row: (row["fetched_at"], row["page_id"]))]


def shuffled(seed: int, rows: list[dict[str, object]]) -> list[list[dict[str, object]]]:
    dice = random.Random(seed)
    order = dice.sample(rows, len(rows))
    cuts = sorted(dice.sample(range(1, len(order)), 6))
    return [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]


def content(warehouse: Warehouse) -> dict[str, list]:
    snapshot = warehouse.latest()
    return {
        "articles": sorted(
            (a["url"], a["version"], a["cause"], a["duplicate_of"], a["published_at"], a["day"], a["title"])
            for a in map(_comparable, snapshot.read("articles").to_pylist())
        ),
        "history": sorted(
            (a["url"], a["version"], a["text_sha256"]) for a in snapshot.read("article_history").to_pylist()
        ),
        "hash": warehouse.content_hash(),
        "fingerprints": sorted(f["article_id"] + f["text_key"] for f in snapshot.read("fingerprints").to_pylist()),
    }


def _comparable(row: dict[str, object]) -> dict[str, object]:
    return row | {"duplicate_of": row["duplicate_of"] or "", "published_at": str(row["published_at"])}


def warehouse_of(root: Path, batches: list[list[dict[str, object]]]) -> Warehouse:
    warehouse = Warehouse(root)
    load(warehouse, YESTERDAYS)
    close(warehouse, YESTERDAY)
    for batch in batches:
        load(warehouse, batch)
    return warehouse


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return warehouse_of(tmp_path_factory.mktemp("at-once") / "w", [TODAYS])


def test_what_a_day_comes_to(at_once: Warehouse) -> None:
    rows = {row["url"].rsplit("called-")[1]: row for row in at_once.latest().read("articles").to_pylist()}
    assert (rows["known"]["version"], rows["known"]["day"], rows["known"]["cause"]) == (3, YESTERDAY, "edit")
    assert (rows["edited"]["version"], rows["edited"]["title"]) == (3, "Title of edited")
    assert rows["copy"]["duplicate_of"] == rows["origin"]["article_id"]
    assert rows["wire-copy"]["duplicate_of"] == rows["wire"]["article_id"]
    assert {f"template-{n}" for n in range(4)} <= set(rows), "a canonical that four unlike pages share is a template's"
    assert not any(name.startswith("wall") for name in rows)
    assert {rows[f"constant-{n}"]["published_at"] for n in range(3)} == {None}
    history = at_once.latest().read("article_history").to_pylist()
    assert sorted((row["version"]) for row in history if row["url"].endswith("edited")) == [1, 2]


@pytest.mark.parametrize("seed", [1, 2, pytest.param(None, marks=pytest.mark.drill)])
def test_batches_and_their_order_change_nothing(seed: int | None, at_once: Warehouse, tmp_path: Path) -> None:
    batches = one_by_one(TODAYS) if seed is None else shuffled(seed, TODAYS)
    assert content(warehouse_of(tmp_path / "w", batches)) == content(at_once)


def test_the_same_pages_again_change_nothing_and_are_told_so(at_once: Warehouse) -> None:
    before = content(at_once)
    outcomes = load(at_once, TODAYS)
    assert content(at_once) == before
    assert {outcome for page, (outcome, _) in outcomes.items() if not page.startswith("wall")} == {"unchanged"}
    assert {outcome for page, (outcome, _) in outcomes.items() if page.startswith("wall")} == {"quarantined"}


def test_outcomes_are_those_of_the_warehouse(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "w")
    assert load(warehouse, [reading("a", 12, prose(1))])["a-2026-03-03-12"] == ("new", None)
    earlier = load(warehouse, [reading("a", 9, prose(1)), reading("a", 8, prose(2))])
    assert earlier == {"a-2026-03-03-09": ("unchanged", None), "a-2026-03-03-08": ("updated", None)}
    row = warehouse.latest().read("articles").to_pylist()[0]
    assert (row["version"], row["text"]) == (2, prose(1))
    copy = load(warehouse, [reading("b", 13, prose(1), outlet="mirror")])
    assert copy["b-2026-03-03-13"] == ("duplicates", None)


def test_a_later_open_day_follows_the_one_before_it(tmp_path: Path) -> None:
    """The copy came on the next day, the original late for an open day: the copy is attached all the same."""
    warehouse = Warehouse(tmp_path / "w")
    load(
        warehouse,
        [
            reading("copy", 1, prose(6) + " Ours.", TOMORROW, outlet="mirror"),
            reading("origin", 2, prose(6) + " And more.", TOMORROW),
        ],
    )
    load(warehouse, [reading("origin", 22, prose(6))])
    rows = {row["url"].rsplit("called-")[1]: row for row in warehouse.latest().read("articles").to_pylist()}
    assert rows["copy"]["duplicate_of"] == rows["origin"]["article_id"]
    assert (rows["origin"]["version"], rows["origin"]["day"]) == (2, DAY)


def test_fingerprints_go_with_their_article(tmp_path: Path) -> None:
    """An article that came late to the day before moves there; one that a template made up is nobody's original."""
    warehouse = Warehouse(tmp_path / "w")
    shared = next(url for n in range(99) if article_id(url := f"{OWN}all-{n}") < article_id(f"{OWN}b"))
    load(warehouse, [reading("a", 1, prose(1), canonical=shared), reading("b", 2, prose(2), canonical=shared)])
    load(warehouse, [reading("moved", 1, prose(4), TOMORROW)])
    load(warehouse, [reading("copy", 2, prose(2) + " Ours.", TOMORROW, outlet="mirror")])
    load(warehouse, [reading("c", 3, prose(3), canonical=shared), reading("moved", 23, prose(4))])
    rows = {row["url"].rsplit("called-")[1]: row for row in warehouse.latest().read("articles").to_pylist()}
    assert rows["copy"]["duplicate_of"] == rows["b"]["article_id"]
    days = {row["article_id"]: row["day"] for row in warehouse.latest().read("fingerprints").to_pylist()}
    assert days == {row["article_id"]: row["day"] for row in rows.values()}


def test_an_edit_that_is_taken_back_takes_its_fingerprint_along(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "w")
    load(warehouse, [reading("shared", 9, prose(1), YESTERDAY)])
    close(warehouse, YESTERDAY)
    before = warehouse.latest().read("fingerprints", columns=["text_key"]).to_pylist()
    rows = [reading(f"page-{n}", n, prose(10 + n), canonical=f"{OWN}shared", title="One title") for n in range(3)]
    load(warehouse, rows[:2])
    assert warehouse.latest().read("articles")["version"].to_pylist() == [3]
    load(warehouse, rows[2:])
    fingerprints = {row["article_id"]: row for row in warehouse.latest().read("fingerprints").to_pylist()}
    assert fingerprints[article_id(f"{OWN}shared")]["text_key"] == before[0]["text_key"]


def test_a_version_counts_for_the_day_of_its_first_page(tmp_path: Path) -> None:
    """The text was met on the next day first; then the hour came in which it was new."""
    warehouse = Warehouse(tmp_path / "w")
    published = {"published_at": Window.of_day(DAY).start}
    load(warehouse, [reading("a", 1, prose(1), **published), reading("a", 0, prose(2), TOMORROW, **published)])
    load(warehouse, [reading("a", 12, prose(2), **published)])
    (row,) = warehouse.latest().read("articles").to_pylist()
    assert (row["version"], row["page_id"]) == (2, "a-2026-03-03-12")
    assert row["version_window_start"] == row["fetched_at"] == Window.of_day(DAY).start + timedelta(hours=12)


def test_what_comes_late_to_a_closed_day_counts_for_the_open_one(tmp_path: Path) -> None:
    late, early = [reading("a", 9, prose(1))], [reading("a", 5, prose(2), TOMORROW)]
    hashes = set()
    for number, batches in enumerate(([late, early], [early, late])):
        warehouse = Warehouse(tmp_path / str(number))
        close(warehouse, DAY)
        for batch in batches:
            load(warehouse, batch)
        (row,) = warehouse.latest().read("articles").to_pylist()
        assert (row["day"], row["version"], row["text"]) == (DAY, 2, prose(2))
        hashes.add(warehouse.content_hash())
    assert len(hashes) == 1


def test_a_page_of_a_closed_day_stays_what_it_was_taken_for(tmp_path: Path) -> None:
    """Neither the template nor the wall that a late page gives away makes the earlier ones another article, or none."""
    warehouse = Warehouse(tmp_path / "w")
    templates = [row for row in TODAYS if str(row["page_id"]).startswith("template")]
    walls = [row for row in TODAYS if str(row["page_id"]).startswith("wall")]
    load(warehouse, [*templates[:2], *walls[:4]])
    close(warehouse, DAY)
    assert load(warehouse, [templates[2]]) == {templates[2]["page_id"]: ("new", None)}
    assert set(load(warehouse, [walls[4]]).values()) == {("quarantined", "boilerplate")}
    before = content(warehouse)
    assert set(load(warehouse, [*templates[:3], *walls[:4]]).values()) == {("unchanged", None)}
    assert content(warehouse) == before


def test_a_closed_day_is_only_added_to(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "w")
    load(warehouse, [reading("copy", 12, prose(6) + " Ours.", outlet="mirror")])
    close(warehouse, DAY)
    before = warehouse.latest().read("articles").to_pylist()
    outcomes = load(warehouse, [reading("origin", 9, prose(6)), reading("copy", 9, prose(8), outlet="mirror")])
    assert outcomes["origin-2026-03-03-09"] == ("duplicates", None), "what was closed stays canonical"
    assert outcomes["copy-2026-03-03-09"] == ("unchanged", "older-capture")
    after = {row["article_id"]: row for row in warehouse.latest().read("articles").to_pylist()}
    assert after[before[0]["article_id"]] == before[0]


def test_a_page_that_is_read_otherwise_leaves_no_ghost(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "w")
    load(warehouse, [reading("a", 9, prose(1)), reading("b", 9, prose(2))])
    moved = reading("a", 9, prose(1), canonical="https://www.post.example/harbour/its-true-and-only-name")
    load(warehouse, [moved])
    assert {row["canonical_url"] for row in warehouse.latest().read("articles").to_pylist()} == {
        moved["canonical_url"], reading("b", 9, "")["canonical_url"],
    }  # fmt: skip
    assert warehouse.latest().read("fingerprints").num_rows == 2


def test_what_was_never_read_here_is_left_alone(tmp_path: Path) -> None:
    """A warehouse that lost its readings (or never had them) keeps its articles."""
    warehouse = Warehouse(tmp_path / "w")
    load(warehouse, [reading("a", 9, prose(1))])
    with warehouse.writing(Window.of_day(DAY).end) as tx:
        tx.delete("extractions", tx.snapshot.read("extractions", columns=["page_id"]))
        tx.commit()
    load(warehouse, [reading("b", 10, prose(2))])
    assert warehouse.latest().read("articles").num_rows == 2


def test_released_walls_are_let_in_and_dropped_pages_stay_out(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "w")
    walls = [row for row in TODAYS if str(row["page_id"]).startswith("wall")]
    outcomes = load(warehouse, walls, released=frozenset({"wall-0-2026-03-03-08"}))
    assert [page for page, (outcome, _) in outcomes.items() if outcome == "new"] == ["wall-0-2026-03-03-08"]
    row = {
        "quarantine_id": "q", "stage": "validate", "page_id": "b-2026-03-03-10", "source_id": "post", "reason": "too-short",
        "record_json": "{}", "status": "held", "window_start": Window.of_day(DAY).start, "run_id": "r",
        "recorded_at": Window.of_day(DAY).end, "day": DAY,
    }  # fmt: skip
    with warehouse.writing(Window.of_day(DAY).end) as tx:
        tx.upsert("quarantine", decided([row], "dropped", "an editor", Window.of_day(DAY).end))
        tx.commit()
    assert isinstance(QUARANTINE.empty(), pa.Table)
    outcomes = load(warehouse, [reading("b", 10, prose(2))])
    assert outcomes == {"b-2026-03-03-10": ("quarantined", "dropped")}
