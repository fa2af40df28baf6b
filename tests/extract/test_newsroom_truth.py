"""Every page of the sample newsroom against what its truth says that extraction makes of it."""

from __future__ import annotations

from datetime import date, datetime
from email.message import Message

import pytest

from newsroom.answers import NOW_HEADER, answer
from newsroom.edge_cases import counter
from newsroom.records import Page as NewsroomPage
from newsroom.records import day_end
from newsroom.site import Site
from pipeline.extract.page import Extraction, Page, extract_page
from tests.newsroom.expected_outcomes import day_versions
from tests.sample_newsroom import NEWSROOM, TRUTH

BY_KEY = TRUTH.by_key
SITE = Site(NEWSROOM)
# A missing page is never read, and an endless one has no end to read to.
READ = [page for page in NEWSROOM.pages if not page.is_missing and page.behaviour != "endless"]
# A page stands for the version that a reader has at the end of each day: that is the one its truth speaks of.
SEEN = {
    (page.key, day): (page, max(day_end(day), version.at))
    for page in READ
    for day, version in day_versions(NEWSROOM, page).items()
    if day in BY_KEY[page.key].texts
}


def served(page: NewsroomPage, now: datetime) -> Page:
    """The page as fetch hands it over, with what the feed says of it."""
    headers = Message()
    headers["Host"], headers[NOW_HEADER] = page.outlet.host, now.isoformat()
    reply = answer(SITE, page.path, headers, 80)
    assert reply.status == 200
    has_times = page.outlet.outlet_id != "scuttle"
    return Page(
        body=reply.body, content_type=reply.headers["Content-Type"], url=page.url, fetched_at=now,
        listed_title=page.title, listed_at=page.published_at if has_times else None, listed_by="feed",
    )  # fmt: skip


def has(found: Extraction, field: str, key: str, day: date) -> bool:
    """Whether the truth's field is what was found."""
    truth = BY_KEY[key]
    if field == "text":
        text, told = truth.texts[day], found.text.replace("\ufffd", "")
        return told in (text, f"{truth.standfirst}\n\n{text}")
    if field == "rules":
        return set(truth.rules) <= set(found.cleaning_rules)
    if field == "published_at":
        # A page that gives no hour, or lies, in a feed without times: the day is all that can be known, or nothing.
        if found.published.at is None:
            return "future-date" in found.published.rules
        is_day = found.published.precision == "day" and found.published.at.date() == truth.published_at.date()
        return is_day or found.published.at == truth.published_at
    return bool(getattr(found, {"kind": "content_kind"}.get(field, field)) == getattr(truth, field))


@pytest.mark.parametrize(("key", "day"), SEEN, ids=[f"{key}-{day}" for key, day in SEEN])
def test_page(key: str, day: date) -> None:
    page, now = SEEN[key, day]
    truth = BY_KEY[key]
    found = extract_page(served(page, now))
    fate = next(iter(truth.fates.values()))
    if fate.kind == "quarantined":
        assert fate.room != "extract" or found.reason == fate.reason
        return
    assert found.reason is None, found.detail
    fields = [name for name, room in TRUTH.rooms.items() if room == "extract" and name not in truth.to_come]
    wrong = {name: getattr(found, name, None) for name in fields if not has(found, name, key, day)}
    assert wrong == {}
    version = page.version_at(now)
    assert version is not None
    assert not any(words in found.text for words in counter(page, version, now))
