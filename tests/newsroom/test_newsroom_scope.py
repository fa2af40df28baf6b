"""The newsroom holds, on purpose, what the trade brings: each kind of story, page, answer and feed is there."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from newsroom import DAYS
from tests.sample_newsroom import NEWSROOM, TRUTH

PAGES = NEWSROOM.pages
TROUBLES = [(outlet, trouble) for outlet in NEWSROOM.outlets for trouble in outlet.troubles]
FEED_TROUBLES = [(outlet, trouble) for outlet, trouble in TROUBLES if trouble.path == outlet.feed.path]
FATES = [fate for page in TRUTH.pages for fate in page.fates.values()]
BY_STORY = defaultdict(set)
for told in TRUTH.pages:
    if told.story:
        BY_STORY[told.story].add(told.day)


def containment(first: str, second: str) -> float:
    """The share of the shorter text's three-word runs that the other has too."""
    one, two = (set(zip(words, words[1:], words[2:], strict=False)) for words in map(_words, (first, second)))
    return len(one & two) / max(1, min(len(one), len(two)))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def test_its_size() -> None:
    assert len(PAGES) >= 140
    assert NEWSROOM.days == DAYS
    assert len(DAYS) == 6
    assert {page.day for page in TRUTH.pages if page.fates} == set(DAYS)


def test_its_outlets() -> None:
    publishing = [outlet for outlet in NEWSROOM.outlets if sum(page.outlet is outlet for page in PAGES) >= 5]
    assert len(publishing) >= 6
    assert {outlet.feed.kind for outlet in publishing} == {"rss", "atom", "sitemap"}
    assert len({outlet.templates for outlet in publishing}) >= 6
    assert {outlet.language for outlet in publishing} == {"en", "de"}
    assert {outlet.encoding for outlet in publishing} > {"utf-8"}


def test_its_stories() -> None:
    days = {story: sorted(days) for story, days in BY_STORY.items()}
    assert len([story for story, told in days.items() if len(told) >= 2]) >= 8
    quiet = [s for s, told in days.items() for one, two in itertools.pairwise(told) if two - one > timedelta(days=1)]
    assert quiet, "no story goes quiet and comes back"
    assert TRUTH.merges
    assert TRUTH.splits
    assert TRUTH.corrections
    assert TRUTH.differs
    languages = {page.language for page in TRUTH.pages if page.story}
    assert languages == {"en", "de"}


def test_its_copies() -> None:
    copies = [(page, fate) for page in TRUTH.pages for fate in page.fates.values() if fate.kind == "duplicate"]
    assert len(copies) >= 5
    shares = [containment(page.text, TRUTH.by_url[fate.of or ""].text) for page, fate in copies]
    assert any(share < 0.97 for share in shares), "no copy was edited"
    lengths = [len(page.text) / len(TRUTH.by_url[fate.of or ""].text) for page, fate in copies]
    assert min(lengths) < 0.9, "no copy was cut"


@pytest.mark.parametrize("rule", ["title-repeated", "byline-placeholder", "source-link", "urgent-lead", "stay-tuned"])
def test_its_dirt(rule: str) -> None:
    assert [page.key for page in TRUTH.pages if rule in page.rules]


@pytest.mark.parametrize("kind", ["news", "opinion", "live", "promo", "paywall"])
def test_its_kinds_of_page(kind: str) -> None:
    assert [page.key for page in TRUTH.pages if page.kind == kind]


ODD_PAGES = {
    "no title": lambda page: page.title is None,
    "a consent page": lambda page: page.template == "consent.html",
    "a title with script in it": lambda page: "<script" in (page.title or ""),
    "a date in the future": lambda page: page.stated_at[:4] > "2026",
    "a constant date": lambda page: page.stated_at < "2000",
    "a date without a time": lambda page: re.fullmatch(r"\d{4}-\d\d-\d\d", page.stated_at),
    "a stray byte": lambda page: page.stray_byte,
    "a wrong charset in the header": lambda page: page.charset_header and page.charset_header != page.outlet.encoding,
    "a tracker's address": lambda page: page.listed_path and "?" in page.listed_path,
    "a canonical on another domain": lambda page: page.outlet.bare_host not in page.canonical,
    "404 although listed": lambda page: page.is_missing and page.listed,
    "410": lambda page: page.gone_at,
    "closed by robots.txt": lambda page: page.outlet.forbidden and page.path.startswith(page.outlet.forbidden),
    "a silent change": lambda page: any(version.is_silent for version in page.versions),
    "a correction with a note": lambda page: page.versions[-1].note,
    "a counter": lambda page: page.has_counter,
    "slow": lambda page: page.behaviour == "slow",
    "endless": lambda page: page.behaviour == "endless",
    "too deep to read": lambda page: page.behaviour == "hang",
    "a PDF": lambda page: page.behaviour == "pdf",
}


@pytest.mark.parametrize("oddity", ODD_PAGES)
def test_its_odd_pages(oddity: str) -> None:
    assert [page.key for page in PAGES if ODD_PAGES[oddity](page)]


FEED_ODDITIES = {
    "a feed that is a web page": lambda trouble: trouble.status == 200 and "<html" in trouble.body.lower(),
    "a feed that breaks off": lambda trouble: trouble.status == 200 and trouble.body.startswith("<?xml"),
    "429 with Retry-After, for a while": lambda trouble: (
        trouble.status == 429 and trouble.retry_after and trouble.until
    ),
}


@pytest.mark.parametrize("oddity", FEED_ODDITIES)
def test_its_feeds_in_trouble(oddity: str) -> None:
    assert [outlet.outlet_id for outlet, trouble in FEED_TROUBLES if FEED_ODDITIES[oddity](trouble)]


def test_its_moved_pages_are_there() -> None:
    moved = [(outlet, new) for outlet in NEWSROOM.outlets for new in outlet.moved.values()]
    assert moved
    assert all(outlet.url(new) in NEWSROOM.by_url for outlet, new in moved)


def test_its_fates() -> None:
    assert {fate.kind for fate in FATES} == {"new", "duplicate", "quarantined", "updated"}
    reasons = Counter(fate.reason for fate in FATES if fate.reason)
    assert set(reasons) >= {"robots", "not-an-article", "http-error", "too-large", "too-complex", "not-text"}
