"""Archives into the warehouse: every capture is landed in the hour it was made, before any day is worked on."""

from __future__ import annotations

import logging

from pipeline.articles.landing import count_landed, land_pages
from pipeline.articles.quarantine import not_stored
from pipeline.articles.withdrawn import read_withdrawn
from pipeline.crawl.sources import source_rows, sources_of
from pipeline.fetch.files.captures import read_warc
from pipeline.fetch.http.robots import product_token
from pipeline.reports import StageReport
from pipeline.runs.books import check_books, record_books
from pipeline.runs.run import Run
from pipeline.tables.rows import release_memory

logger = logging.getLogger(__name__)


def land_archives(run: Run) -> StageReport:
    """Commit the captures made in the run's window, a batch at a time, the books with the last one; what is stored already changes
    nothing.

    Returns:
        The books of landing: refused captures are in quarantine.
    Raises:
        InputError: an archive cannot be read.
    """
    fetched = StageReport(stage="fetch", unit="captures")
    landed = StageReport(stage="land")
    batches = read_warc(
        run.archives,
        source_id="warc",
        window=run.window,
        run_id=run.run_id,
        now=run.now,
        page_max_bytes=run.settings.page_max_bytes,
        agent=product_token(run.settings.user_agent),
    )
    for batch in batches:
        fetched.merge(batch.report)
        with run.warehouse.writing(run.now) as tx:
            refused = land_pages(run, tx, read_withdrawn(tx.snapshot), batch.pages)
            landed.merge(count_landed(batch.pages, refused))
            tx.upsert("quarantine", not_stored(tx.snapshot, "quarantine", "quarantine_id", batch.refusals))
            if batch.is_last:
                check_books([fetched, landed])
                tx.upsert("sources", source_rows(sources_of(run), run.now))
                record_books(tx, run, [fetched, landed])
            tx.commit()
        del batch  # not held while the next is read
        release_memory()
    logger.info("%s", fetched.line(run.window))
    logger.info("%s", landed.line(run.window))
    return landed
