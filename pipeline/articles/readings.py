"""Pages to readings: taken over where this very extractor read the page before, not tried where its bytes kill it.

What was put off was not read: it is read with the next run of its window, or when a person lets it in.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.articles.quarantine import known_poison, poisoned_row
from pipeline.crawl.sources import sources_of
from pipeline.extract.batch import extract_pages
from pipeline.extract.page import EXTRACTOR_VERSION
from pipeline.reasons import Reason
from pipeline.runs.run import Run
from pipeline.store.snapshot import Snapshot
from pipeline.tables import EXTRACTED
from pipeline.tables.rows import rows_with, rows_without


def read_pages(run: Run, pages: pa.Table, released: frozenset[str], *, files: Sequence[str]) -> pa.Table:
    """Read a batch of pages into EXTRACTED rows, in its order.

    Args:
        pages: PAGES rows without their bodies: those are read only of pages that have to be.
        released: Ids of pages that a person let in: they are read again, and taken for articles.
        files: Where the bodies lie, by the manifest's paths.
    """
    snapshot = run.warehouse.latest()
    days = pc.unique(pages["day"]).to_pylist()
    is_same = pc.field("page_id").isin(pages["page_id"].combine_chunks()) & (
        pc.field("extractor_version") == EXTRACTOR_VERSION
    )
    is_read = pc.field("reason").is_null() | (pc.field("reason") != str(Reason.EXTRACT_PUT_OFF))
    stored = snapshot.read("extractions", days=days, where=is_same & is_read)
    new = rows_without(pages, "page_id", released)
    taken = rows_with(stored, "page_id", new["page_id"])
    rest = rows_without(pages, "page_id", taken["page_id"])
    poison = known_poison(snapshot, new, EXTRACTOR_VERSION)
    poisoned = [
        poisoned_row(page, *poison[page["body_sha256"]], EXTRACTOR_VERSION)
        for page in rows_with(rest, "body_sha256", poison).to_pylist()
    ]
    unread = pc.field("page_id").isin(rows_without(rest, "body_sha256", poison)["page_id"].combine_chunks())
    read = extract_pages(
        snapshot.read("pages", days=days, files=files, where=unread),
        workers=run.settings.extract_workers,
        timeout_seconds=run.settings.extract_timeout_seconds,
        publishers=_publishers(run, snapshot),
        released=released,
    )
    rows = pa.concat_tables([taken, EXTRACTED.rows(poisoned), read])
    return rows.take(pc.index_in(pages["page_id"], value_set=rows["page_id"].combine_chunks()).drop_null())


def _publishers(run: Run, snapshot: Snapshot) -> dict[str, str | None]:
    """Publisher of each source, as this run's registry says, else as the warehouse remembers it."""
    stored = snapshot.read("sources", columns=["source_id", "publisher"])
    remembered = dict(zip(stored["source_id"].to_pylist(), stored["publisher"].to_pylist(), strict=True))
    return remembered | {source.source_id: source.publisher for source in sources_of(run)}
