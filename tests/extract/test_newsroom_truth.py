"""Every page of the sample newsroom against what its truth says that extraction makes of it."""

from __future__ import annotations

from datetime import UTC

import pytest

from newsroom.content import Page as NewsroomPage
from newsroom.content import Version, day_end, load_newsroom
from newsroom.site import Site
from newsroom.truth import load_truth
from pipeline.extract.page import Page, extract_page

NEWSROOM = load_newsroom(full=True)
TRUTH = load_truth(NEWSROOM).by_key
SITE = Site(NEWSROOM)
# A page stands for its last version of each day: that is the one its truth speaks of.
LAST = {
    (page.key, version.at.astimezone(UTC).date()): (page, version)
    for page in NEWSROOM.pages
    for version in page.versions
}


@pytest.mark.parametrize(("page", "version"), LAST.values(), ids=[f"{key}-{day}" for key, day in LAST])
def test_page(page: NewsroomPage, version: Version) -> None:
    truth, now = TRUTH[page.key], day_end(version.at.date())
    body = SITE.page(page, version, now)
    found = extract_page(
        Page(
            body=body, content_type="text/html", url=page.url, fetched_at=now,
            listed_title=page.title, listed_at=page.published_at, listed_by="feed",
        )
    )  # fmt: skip
    fate = next(iter(truth.fates.values()))
    if fate.kind == "quarantined":
        assert fate.room != "extract" or found.reason == fate.reason
        return
    assert found.reason is None
    assert (found.title, found.authors, found.language) == (truth.title, truth.authors, truth.language)
    assert (found.published.at, found.content_kind) == (truth.published_at, truth.kind)
    text = truth.texts[version.at.astimezone(UTC).date()]
    assert found.text in (text, f"{truth.standfirst}\n\n{text}")
    assert set(truth.rules) <= set(found.cleaning_rules)
