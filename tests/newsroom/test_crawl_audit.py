"""An access log proves good manners, and each bad one is named."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from newsroom import load_newsroom, serve
from newsroom.server import Request
from tests.newsroom.crawl_audit import find_offences
from tests.newsroom.small_newsroom import ask, write_press

HOST = "overland.example"
FIRST = Request(
    method="GET", host=HOST, target="/n/plain", status=200, size=1, now="2026-03-02T09:00:00Z", user_agent=None,
    conditional=False, retry_after=None, arrived_seconds=10.0, ended_seconds=10.5,
)  # fmt: skip
LATER = replace(FIRST, target="/n/quiet", arrived_seconds=12.0, ended_seconds=12.1)
BUSY = replace(FIRST, target="/news-sitemap.xml", status=429, retry_after=3600)


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory):
    return load_newsroom(write_press(tmp_path_factory.mktemp("press")))


@pytest.mark.parametrize(
    ("requests", "kinds"),
    [
        ([FIRST, LATER], []),
        ([LATER, FIRST], []),
        ([FIRST, replace(LATER, arrived_seconds=10.4)], ["together"]),
        ([replace(FIRST, ended_seconds=20.0), LATER, replace(LATER, target="/n/late", arrived_seconds=13.0)], ["together"] * 2),
        ([FIRST, replace(LATER, arrived_seconds=11.4)], ["hurried"]),
        ([FIRST, replace(LATER, host="www.mirror.example", arrived_seconds=10.1)], []),
        ([FIRST, replace(LATER, host=f"{HOST}:8765", arrived_seconds=10.1)], ["together"]),
        ([FIRST, replace(LATER, target="/archive/closed")], ["closed"]),
        ([FIRST, replace(LATER, target="/n/plain")], ["repeated"]),
        ([FIRST, replace(LATER, target="/n/plain?utm_source=x")], ["repeated"]),
        ([FIRST, replace(LATER, target="/n/plain", conditional=True)], []),
        ([replace(FIRST, status=503), replace(LATER, target="/n/plain")], []),
        ([replace(FIRST, target="/robots.txt"), replace(LATER, target="/robots.txt")], []),
        ([replace(FIRST, target="/news-sitemap.xml"), replace(LATER, target="/news-sitemap.xml")], ["repeated"]),
        ([replace(FIRST, host="www.bote.example", target="/rss.xml", now="2026-03-03T09:00:00Z"),
          replace(LATER, host="www.bote.example", target="/rss.xml", now="2026-03-03T10:00:00Z")], []),
        ([BUSY, replace(LATER, target=BUSY.target, now="2026-03-02T09:59:00Z")], ["impatient"]),
        ([BUSY, replace(LATER, target=BUSY.target, now="2026-03-02T10:00:00Z")], []),
        ([BUSY, replace(LATER, target=BUSY.target, now="2026-03-02T08:00:00Z")], []),
        ([BUSY, replace(LATER, target=BUSY.target, now=None)], ["impatient"]),
        ([BUSY, replace(LATER, target=BUSY.target, now=None, arrived_seconds=4000.0)], []),
    ],
)  # fmt: skip
def test_offences(press, requests: list[Request], kinds: list[str]) -> None:
    assert [offence.kind for offence in find_offences(requests, press, gap_seconds=1.0)] == kinds


def test_two_askers_at_once_are_caught_on_a_real_server(press) -> None:
    with serve(newsroom=press) as running:
        slow = threading.Thread(target=ask, args=(running, "point.example", "/n/slow"))
        slow.start()
        slow.join(timeout=1.0)
        ask(running, "point.example", "/n/mislabelled")
        slow.join(timeout=30)
        ask(running, "point.example", "/show.asp?story=12")
        (offence,) = find_offences(running.requests, press)
    assert (offence.kind, offence.request.target) == ("together", "/n/mislabelled")


def test_the_command_judges_a_log(tmp_path: Path, project: Path) -> None:
    log = tmp_path / "access.jsonl"
    with serve(log_path=log) as running:
        ask(running, "www.harbour-courier.example", "/feed.xml")
        polite = judge(log, project)
        ask(running, "www.harbour-courier.example", "/partner/anything.html")
        rude = judge(log, project)
    assert (polite.returncode, polite.stdout) == (0, "Nothing impolite.\n")
    assert (rude.returncode, rude.stdout) == (1, "closed: www.harbour-courier.example/partner/anything.html\n")


def judge(log: Path, project: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.newsroom.crawl_audit", str(log)]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
