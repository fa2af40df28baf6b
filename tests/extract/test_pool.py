"""Pages that hang, crash or are too much: they are refused, and their neighbours are read."""

from __future__ import annotations

import resource
import threading
import time
from multiprocessing import get_context

import psutil
import pytest

from pipeline.extract.isolated import extract_each
from pipeline.extract.page import Extraction, Page, extract_page
from pipeline.reasons import Reason
from pipeline.sandbox.guards import MOST_MEMORY
from pipeline.sandbox.pool import close_idle

TEXT = "The harbour board of Quillmouth voted on Tuesday to dredge the eastern channel for the first time in years. "


def page(body: str | bytes, content_type: str = "text/html") -> Page:
    return Page(body=body.encode() if isinstance(body, str) else body, content_type=content_type)


def good(n: int = 0) -> Page:
    paragraphs = "".join(f"<p>{TEXT} Paragraph {i} of page {n}.</p>" for i in range(4))
    return page(f"<html><head><title>Page number {n}</title></head><body><article>{paragraphs}</article></body></html>")


# Under the cap on elements, and yet trafilatura needs a minute for it.
SLOW = page("<html><body><article><p>" + "<a href=x>word</a> text " * 19_500 + "</p></article></body></html>")


@pytest.fixture(autouse=True)
def _fresh_processes():
    """Each test begins and ends without idle processes."""
    close_idle()
    yield
    close_idle()


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        (page(""), Reason.EMPTY_PAGE),
        (page(" \n\x00"), Reason.EMPTY_PAGE),
        (page(b"%PDF-1.7 " + bytes(500)), Reason.NOT_TEXT),
        (page('{"json": true}'), Reason.NOT_TEXT),
        (page("<html><body>" + "<span>a</span>" * 100_000 + "</body></html>"), Reason.TOO_COMPLEX),
        (page("<html><body>" + "<div>" * 5_000 + TEXT + "</div>" * 5_000 + "</body></html>"), Reason.TOO_COMPLEX),
        (page("<html><body><img src=a></body></html>"), Reason.NO_TEXT),
        (page("<?xml version='1.0'?><rss><channel><title>T</title></channel></rss>"), Reason.NOT_AN_ARTICLE),
        (page(b"a" * (21 * 1024 * 1024), "text/plain"), Reason.TOO_COMPLEX),
    ],
)
def test_hostile_pages_are_refused(hostile: Page, reason: Reason) -> None:
    assert extract_page(hostile).reason == reason


def test_a_live_blog_with_two_thousand_authors() -> None:
    authors = ",".join(f'{{"@type":"Person","name":"Ada{i} Reed{i}"}}' for i in range(2_000))
    head = f'<script type="application/ld+json">{{"@type":"LiveBlogPosting","headline":"All of it","author":[{authors}]}}</script>'
    live = page(good().body.decode().replace("</head>", head + "</head>"))
    started = time.process_time()
    found = extract_page(live)
    assert len(found.authors) == 50
    assert found.content_kind == "live"
    assert time.process_time() - started < 5


def test_order_and_neighbours_survive_a_page_that_hangs() -> None:
    pages = [good(1), good(2), SLOW, *(good(n) for n in range(3, 12))]
    found = extract_each(pages, workers=2, timeout_seconds=1.5)
    assert [one.reason for one in found] == [None, None, Reason.EXTRACT_TIMEOUT, *[None] * 9]
    assert found[2].detail == "took more than 1.5 s of processor time"
    assert [one.title for one in found if one.reason is None] == [f"Page number {n}" for n in range(1, 12)]


def test_a_process_that_dies_takes_only_its_page_along() -> None:
    found: list[Extraction] = []
    limits: list[tuple[int, int]] = []
    thread = threading.Thread(
        target=lambda: found.extend(extract_each([good(1), SLOW, good(2)], workers=1, timeout_seconds=60))
    )
    thread.start()
    deadline = time.monotonic() + 60
    while thread.is_alive() and time.monotonic() < deadline:
        workers = [c for c in psutil.Process().children() if "pipeline.sandbox.worker" in c.cmdline()]
        if workers and (limit := resource.prlimit(workers[0].pid, resource.RLIMIT_AS))[0] == MOST_MEMORY:
            limits.append(limit)  # it has started up, and reads the slow page: the largest comes first
            workers[0].kill()
            break
        time.sleep(0.01)
    thread.join()
    assert limits == [(MOST_MEMORY, MOST_MEMORY)]
    assert [one.reason for one in found] == [None, Reason.EXTRACT_CRASH, None]
    assert "SIGKILL" in str(found[1].detail)


def workers_of(process: psutil.Process) -> list[int]:
    return [child.pid for child in process.children() if "pipeline.sandbox.worker" in " ".join(child.cmdline())]


def test_an_idle_process_serves_the_next_batch_and_ends_with_this_one() -> None:
    extract_each([good(1)], workers=1, timeout_seconds=20)
    idle = workers_of(psutil.Process())
    assert len(idle) == 1
    extract_each([good(2)], workers=1, timeout_seconds=20)
    assert workers_of(psutil.Process()) == idle
    close_idle()
    assert workers_of(psutil.Process()) == []
    assert extract_each([], workers=0, timeout_seconds=20) == []


def _extract_within(connection) -> None:
    connection.send([one.title for one in extract_each([good(7)], workers=0, timeout_seconds=20)])


def test_it_works_within_a_daemonic_process() -> None:
    """As Airflow's executors may run a task: such a process may have no children of multiprocessing's making."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_extract_within, args=(there,), daemon=True)
    process.start()
    assert here.poll(60)
    assert here.recv() == ["Page number 7"]
    process.join(10)
