"""What became of an article, a page or a sentence, and how a story went: as `daybook explain` tells it."""

from __future__ import annotations

from datetime import date

from fastapi.responses import HTMLResponse, RedirectResponse, Response

from daybook_airflow.pages.setting import page, sections, stored
from pipeline.explain.articles import explain_article
from pipeline.explain.quarantine import list_quarantine
from pipeline.explain.search import search_news
from pipeline.explain.sentences import explain_sentence
from pipeline.explain.stories import explain_story

REFUSED_SHOWN = 100
# Nobody types more; what is longer is no title and no address.
MOST_CHARS = 2000


def show_search(q: str = "") -> Response:
    """The form, and what answers; where one thing alone answers to a key, its page at once."""
    _, warehouse = stored()
    found = search_news(warehouse, q[:MOST_CHARS]) if q.strip() else None
    if found and found["by"] == "key":
        ways = [f"articles/{row['article_id']}" for row in found["articles"]]
        ways += [f"articles/{row['quarantine_id']}" for row in found["refusals"]]
        ways += [f"stories/{row['story_id']}" for row in found["stories"]]
        if len(ways) == 1 or (ways and not found["articles"] and not found["stories"]):
            return RedirectResponse(ways[0], 303)
    last = max(warehouse.latest().closed_days, default=None)
    return page("search.html.j2", title="Search", here="search", q=q[:MOST_CHARS], found=found, last=last)


def show_article(key: str, again: bool = False) -> HTMLResponse:
    """The whole way of an article, or of a page that was refused."""
    settings, warehouse = stored()
    facts, lines = explain_article(warehouse, settings, key, is_again=again)
    title = facts.get("title") or ("Refused page" if "article_id" not in facts else "Untitled article")
    return page(
        "fate.html.j2", title=title, here="search", up="../", sections=sections(lines)[1:] if "article_id" in facts else
        sections(lines), facts=facts, again=again, key=key,
    )  # fmt: skip


def show_story(key: str) -> HTMLResponse:
    """A story: its days, where it came from and went to, its articles and lines."""
    _, warehouse = stored()
    facts, lines = explain_story(warehouse, key)
    first, *rest = sections(lines)
    return page("story.html.j2", title=first[0], here="search", up="../", sections=rest, facts=facts)


def show_refused(reason: str = "", source: str = "", stage: str = "", status: str = "") -> HTMLResponse:
    """What was refused, the latest day first."""
    _, warehouse = stored()
    wanted = {"reason": reason or None, "source_id": source or None, "stage": stage or None, "status": status or None}
    rows, _ = list_quarantine(warehouse, wanted, limit=REFUSED_SHOWN)
    return page("refused.html.j2", title="Refused pages", here="search", rows=rows, wanted=wanted, limit=REFUSED_SHOWN)


def show_sentence(text: str, day: date) -> HTMLResponse:
    """Why a sentence of a day's articles is no line of its digest, or which line it is."""
    settings, warehouse = stored()
    _, lines = explain_sentence(warehouse, settings, text[:MOST_CHARS], day)
    return page(
        "sentence.html.j2",
        title="Why a sentence is no line",
        here="search",
        sections=sections(lines),
        text=text,
        day=day,
    )
