"""What a visit holds at once does not grow with how much strangers send: answers are handed on as they come."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest

from pipeline.fetch import sealing
from pipeline.fetch.polling import fetch_sources
from pipeline.fetch.sealing import Answers
from pipeline.fetch.sources import Source

from .conftest import NOW, plain, stored_of, wall_visit

PAGE_BYTES = 1 << 19


@pytest.mark.parametrize("count", [10, 30])
def test_however_many_large_pages_a_source_lists(server, monkeypatch, count):
    monkeypatch.setattr(sealing, "SEAL_BYTES", 2 * PAGE_BYTES)
    server.list_pages(*(server.url("/page", f"h{n}.example") for n in range(count)))
    server.routes["/page"] = plain(gzip.compress(b"a" * PAGE_BYTES), Content_Encoding="gzip")
    sealed: list[int] = []

    def seal(answers: Answers) -> None:
        sealed.extend(len(bytes(row["body"])) for row in answers.pages)  # type: ignore[call-overload]

    def visit(path: str) -> None:
        fetch_sources(
            [Source(source_id="news", kind="feed", url=server.url(path))],
            settings=server.settings(fetch_memory_bytes=10 * PAGE_BYTES, page_max_bytes=PAGE_BYTES),
            visits=[wall_visit(NOW)],
            run_id="run-1",
            stored=stored_of([]),
            seal=seal,
        )

    server.list_pages(path="/empty.xml")
    visit("/empty.xml")  # what is loaded at the first one is not what strangers send
    tracemalloc.start()
    try:
        visit("/feed.xml")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sealed == [PAGE_BYTES] * count
    assert peak < 22 * PAGE_BYTES, f"{peak >> 20} MiB"
