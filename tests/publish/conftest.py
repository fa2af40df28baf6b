"""An invented digest in two languages, with a correction, a dispute, a copy and a quiet story, as published rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from pipeline.publish.document import DigestRows
from pipeline.tables import CITATIONS, CORRECTIONS, DEVELOPMENTS, DIGESTS

DAY = date(2026, 3, 4)
NOW = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)

FLOOD = (
    "The Varn burst its banks at Oldmill on Tuesday night and flooded 340 houses, the district said. Nobody was hurt.\n\n"
    "Engineers expect the water to stay above the old mark until the weekend."
)
FLOOD_AT_GAZETTE = (
    "After a night of rain the Varn came over the wall at Oldmill. It flooded 430 houses, according to the fire brigade.\n\n"
    "Mayor Hanne Brook asked people to stay out of Mill Lane."
)
FLOOD_COPY = FLOOD.replace("Nobody was hurt.", "There were no injuries.")
BRIDGE = (
    "Die Hafenbrücke in Neuwiek bleibt nach Angaben des Bauamts bis zum 20. März gesperrt. "
    "Ein Gutachter fand am Dienstag Risse in zwei Pfeilern."
)
FERRY = "The ferry to Lund Island carried 212 passengers on its first trip, not 312 as first reported."
SOURCES = (
    (
        "flood",
        1,
        "Varn floods Oldmill",
        "courier.example",
        "https://courier.example/varn?a=1&b=2",
        FLOOD,
        "en",
        "second",
    ),
    (
        "flood-gazette",
        1,
        "Water over the wall at Oldmill",
        "gazette.example",
        "https://gazette.example/w",
        FLOOD_AT_GAZETTE,
        "en",
        "minute",
    ),
    ("flood-copy", 1, "Varn floods Oldmill", None, "https://copy.example/varn", FLOOD_COPY, "en", "day"),
    ("bridge", 1, "Hafenbrücke gesperrt", "hafenbote.example", "https://hafenbote.example/b", BRIDGE, "de", "day"),
    ("ferry", 2, "First ferry to Lund Island", "courier.example", None, FERRY, "en", None),
)


def source_row(
    article_id: str,
    version: int,
    title: str | None,
    publisher: str | None,
    url: str | None,
    text: str,
    language: str,
    precision: str | None,
) -> dict[str, Any]:
    """One cited article version."""
    return {
        "article_id": article_id,
        "version": version,
        "title": title,
        "publisher": publisher,
        "url": url,
        "published_at": datetime(2026, 3, 4, 7, 5, tzinfo=UTC) if precision else None,
        "published_at_precision": precision,
        "language": language,
        "text": text,
    }


def _shared(**columns: Any) -> dict[str, Any]:
    return {"build_id": "b" * 32, "digest_date": DAY, "recorded_at": NOW, "day": DAY, **columns}


def _line(
    development_id: str,
    story_id: str,
    rank: int,
    text: str,
    kind: str,
    happened: date | None,
    counts: tuple[int, int, int],
) -> dict[str, Any]:
    articles, publishers, origins = counts
    return _shared(
        development_id=development_id,
        story_id=story_id,
        event_id=f"{story_id}-event",
        event_date=happened,
        rank=rank,
        text=text,
        kind=kind,
        novelty=0.75,
        article_count=articles,
        publisher_count=publishers,
        origin_count=origins,
    )


def _citation(
    development_id: str, n: int, article_id: str, version: int, text: str, quote: str, role: str
) -> dict[str, Any]:
    start = text.index(quote)
    row = _shared(
        development_id=development_id,
        n=n,
        article_id=article_id,
        version=version,
        char_start=start,
        char_end=start + len(quote),
        quote=quote,
        role=role,
    )
    del row["digest_date"]
    return row


def _withheld(name: str, kind: str, evidence: str | None, publisher: str | None, title: str | None) -> dict[str, Any]:
    return {
        "article_id": name, "version": 1, "kind": kind, "evidence": evidence, "publisher": publisher, "title": title,
        "url": f"https://{name}.example/a", "published_at": None, "published_at_precision": None, "language": "en",
    }  # fmt: skip


WITHHELD = (
    _withheld(
        "hall", "press-release", "section, label or wire", "Oldmill Town Hall", "New opening hours at the town hall"
    ),
    _withheld("column", "opinion", "section opinion", "Oldmill Courier", "The dam was never the question"),
    _withheld("shop", "product", "product: a price and a cart; product: no author", None, None),
)


@pytest.fixture
def invented_rows() -> DigestRows:
    first = FLOOD.partition(" Nobody")[0]
    other = "It flooded 430 houses, according to the fire brigade."
    engineers = FLOOD.rpartition("\n\n")[2]
    cracks = BRIDGE.partition("gesperrt. ")[2]
    stories = (
        ("flood-story", 1, "Varn floods Oldmill", 2),
        ("bridge-story", 2, "Hafenbrücke gesperrt", 1),
        ("ferry-story", 3, "First ferry to Lund Island", 1),
        ("tax-story", 4, None, 0),
    )
    return DigestRows(
        build_id="b" * 32,
        digest_date=DAY,
        status="final",
        code_version="1",
        digests=DIGESTS.rows(
            [
                _shared(
                    story_id=s, rank=rank, headline=headline, development_count=n, is_quiet=n == 0, writer="extractive"
                )
                for s, rank, headline, n in stories
            ]
        ),
        developments=DEVELOPMENTS.rows(
            [
                _line("line-1", "flood-story", 1, first, "differs", date(2026, 3, 3), (2, 2, 1)),
                _line("line-2", "flood-story", 2, engineers, "new", None, (1, 1, 1)),
                _line("line-3", "bridge-story", 1, cracks, "new", date(2026, 3, 3), (1, 1, 1)),
                _line("line-4", "ferry-story", 1, FERRY, "corrected", None, (1, 1, 1)),
            ]
        ),
        citations=CITATIONS.rows(
            [
                _citation("line-1", 1, "flood", 1, FLOOD, first, "primary"),
                _citation("line-1", 2, "flood-gazette", 1, FLOOD_AT_GAZETTE, other, "differs"),
                _citation("line-2", 1, "flood", 1, FLOOD, engineers, "primary"),
                _citation("line-3", 1, "bridge", 1, BRIDGE, cracks, "primary"),
                _citation("line-4", 1, "ferry", 2, FERRY, FERRY, "primary"),
            ]
        ),
        corrections=CORRECTIONS.rows(
            [
                {
                    "article_id": "ferry",
                    "to_version": 2,
                    "build_id": "a" * 32,
                    "development_id": "line-0",
                    "digest_date": date(2026, 3, 2),
                    "cause": "edit",
                    "old_quote": "The ferry to Lund Island carried 312 passengers on its first trip.",
                    "new_text": FERRY,
                    "noticed_at": NOW,
                    "recorded_at": NOW,
                    "day": DAY,
                }
            ]
        ),
        sources=pa.Table.from_pylist([source_row(*source) for source in SOURCES]),
        stories={
            s: {
                "language": "de" if "bridge" in s else "en",
                "article_count": 3,
                "publisher_count": 3,
                "origin_count": 2,
            }
            for s, *_ in stories
        },
        copies=({"development_id": "line-1", "article_id": "flood-copy", "version": 1},),
        withheld=WITHHELD,
        coverage={"pages": 1204, "articles": 98, "copies": 17, "edits": 1, "quarantined": 6},
    )


@pytest.fixture
def a_source() -> Callable[..., dict[str, Any]]:
    return source_row
