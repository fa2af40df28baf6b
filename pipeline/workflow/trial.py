"""A source asked now and taken through the rooms in a warehouse that is thrown away: what a run would make of it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.crawl.history import stored_history
from pipeline.errors import UsageError
from pipeline.fetch.history.crawl_history import CrawlHistory
from pipeline.fetch.history.visits import Visit
from pipeline.fetch.sources import load_registry
from pipeline.reasons import Reason
from pipeline.runs.run import Run
from pipeline.settings import Settings
from pipeline.stages import ingest
from pipeline.store.warehouse import Warehouse
from pipeline.text.urls import clean_url
from pipeline.windows import Window
from pipeline.workflow.chains import load_pages

_PAGES = """
SELECT f.url, f.listed_title, f.listed_at, f.outcome, f.http_status, p.page_id, a.article_id, a.title, a.published_at,
       a.published_at_source, a.language, a.content_kind, a.word_count, a.duplicate_of, q.reason, q.detail
FROM fetches f
LEFT JOIN pages p ON p.requested_url = f.url
LEFT JOIN articles a ON a.page_id = p.page_id
LEFT JOIN quarantine q ON q.page_id = p.page_id
WHERE f.purpose = 'page'
ORDER BY f.outcome = 'not-now', f.listed_at DESC NULLS LAST, f.url
"""
_REFUSED = "SELECT reason, detail, record_json FROM quarantine WHERE stage = 'fetch' ORDER BY quarantine_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What came of one listed address.

    Attributes:
        fate: article, copy, not-asked (the trial's limit), known-already (a run would not ask it), or a reason code.
        detail: The words behind a reason code; of what is known already, since when.
        listed_at: The time that the listing gives.
        published_at: What the page itself says, or else the listing; None where nobody does.
    """

    url: str
    fate: str
    detail: str | None = None
    title: str | None = None
    listed_at: datetime | None = None
    published_at: datetime | None = None
    published_at_source: str | None = None
    language: str | None = None
    content_kind: str | None = None
    word_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a source brought: why it failed (None: it did not), what stood in its listing, and how many are new to the warehouse."""

    source_id: str
    error: str | None
    items: tuple[Fate, ...]

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready form."""
        return asdict(self)


def try_source(settings: Settings, source_id: str, *, now: datetime, pages: int, say: Callable[[str], None]) -> Trial:
    """Ask a registered source as a run would, and show the fate of each item; the warehouse is only read.

    The listing is asked in full, without the validators of an earlier answer, and at most `pages` of its pages. What the
    warehouse knows is asked all the same: the trial is about what is read.

    Args:
        now: The wall time.
        pages: Pages asked at most.
        say: Told each stage as it begins.
    Raises:
        UsageError: there is no such source, or it is a folder or archive.
        DaybookError: as the stages do.
    """
    window = Window.of_hour(now)
    source = load_registry(settings.sources).by_id.get(source_id)
    if source is not None and not source.is_listing:
        raise UsageError(f"{source_id} is of kind {source.kind}, and nobody is asked for it; `daybook run` reads it")
    with tempfile.TemporaryDirectory(prefix="daybook-trial-") as folder:
        own = replace(settings, warehouse=Path(folder), visit_pages=pages, set_gate_min_rows=pages + 1)
        run = Run.of(own, "news_ingest", window, started_at=now, source_ids=(source_id,), by="trial")
        say("fetch")
        fetched = [ingest.fetch(run, group) for group in ingest.list_sources(run)]
        landed = ingest.land(run, fetched)
        if landed["batches"]:
            load_pages(run, landed, say)
        error = fetched[0]["errors"].get(source_id) if fetched else None
        with run.warehouse.open_readonly() as connection:
            asked = connection.sql(_PAGES).to_arrow_table().to_pylist()
            refused = connection.sql(_REFUSED).to_arrow_table().to_pylist()
    since = _known(settings, source_id, window, now)
    fates = {row["url"]: _fate(row, since(row["url"])) for row in asked}
    for row in refused:
        record = json.loads(row["record_json"])
        url = str(record.get("url"))
        told = fates.get(url) or Fate(url=url, fate=row["reason"], title=record.get("listed_title"))
        fates[url] = replace(told, fate=row["reason"], detail=row["detail"])
    told_error = f"{error['reason']}: {error['detail']}" if error else None
    return Trial(source_id=source_id, error=told_error, items=tuple(fates.values()))


def _fate(row: dict[str, Any], known_since: datetime | None) -> Fate:
    """One listed page."""
    detail = row["detail"]
    if row["reason"] is not None:
        fate = row["reason"]
    elif row["article_id"] is not None:
        fate = "copy" if row["duplicate_of"] else "article"
    elif row["outcome"] == Reason.NOT_NOW:
        fate = "not-asked" if known_since is None else "known-already"
    else:
        fate, detail = row["outcome"], f"status {row['http_status']}" if row["http_status"] else None
    if known_since is not None:
        detail = "; ".join(filter(None, (detail, f"known since {known_since:%Y-%m-%d %H:%M}")))
    names = ("listed_at", "published_at", "published_at_source", "language", "content_kind", "word_count")
    told = {name: row[name] for name in names}
    return Fate(url=row["url"], fate=fate, detail=detail, title=row["title"] or row["listed_title"], **told)


def _known(settings: Settings, source_id: str, window: Window, now: datetime) -> Callable[[str], datetime | None]:
    """Since when the real warehouse knows an address; it is only read, and there may be none."""
    snapshot = Warehouse(settings.warehouse).latest()
    if not snapshot.number:
        return lambda url: None
    history = CrawlHistory(stored_history(snapshot, window, [source_id]))
    visit = Visit(window=window, asked=window, moment=now, is_invented=False)
    return lambda url: history.known_at(source_id, clean_url(url) or url, visit)
