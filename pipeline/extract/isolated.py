"""Pages read in the sandbox: what crosses its wall is JSON and the page's bytes, and a death becomes a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from pipeline.extract.page import Extraction, Page, extract_page, refuse
from pipeline.reasons import Reason
from pipeline.sandbox.pool import Death, Task, read_each
from pipeline.text.dates import Published

_REASONS = {
    "timeout": Reason.EXTRACT_TIMEOUT,
    "memory": Reason.EXTRACT_CRASH,
    "crash": Reason.EXTRACT_CRASH,
    "recursion": Reason.TOO_COMPLEX,
    "stalled": Reason.EXTRACT_PUT_OFF,
    "put-off": Reason.EXTRACT_PUT_OFF,
}
_WARM_UP = (
    b"<html><body><article><p>"
    + b"The harbour board voted to dredge the channel. " * 8
    + b"</p></article></body></html>"
)


def extract_each(
    pages: Sequence[Page], *, workers: int, timeout_seconds: float, sources: Sequence[str] = ()
) -> list[Extraction]:
    """Read pages in processes that can be killed, and return what they hold, in order.

    Args:
        pages: Any number of pages.
        workers: Processes at most; 0 takes one for each core that this process may use.
        timeout_seconds: Most seconds of processor time for one page; above zero.
        sources: The source of each page, for the budget of time-outs that a source has; none for no budget.
    Refuses:
        extract-timeout, extract-crash, extract-put-off, and all that `extract_page` refuses
    """
    groups = sources or [""] * len(pages)
    tasks = [replace(_task(page), group=group) for page, group in zip(pages, groups, strict=True)]
    answers = read_each(__name__, tasks, workers=workers, timeout_seconds=timeout_seconds)
    return [
        refuse(_REASONS[answer.kind], answer.detail) if isinstance(answer, Death) else _extraction(answer)
        for answer in answers
    ]


def warm_up() -> None:
    """Read the models, in the process that will need them."""
    extract_page(Page(body=_WARM_UP))


def answer(facts: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Read one page, in the process that may die of it."""
    return _facts(extract_page(_page(facts, body)))


def _task(page: Page) -> Task:
    """A page as the sandbox takes it."""
    facts = {name: getattr(page, name) for name in ("content_type", "url", "listed_title", "listed_by", "is_released")}
    instants = {name: _told(getattr(page, name)) for name in ("fetched_at", "listed_at")}
    return Task(facts=facts | instants, body=page.body)


def _page(facts: dict[str, Any], body: bytes) -> Page:
    """The page of a task."""
    instants = {name: _read(facts[name]) for name in ("fetched_at", "listed_at")}
    return Page(body=body, **facts | instants)


def _facts(extraction: Extraction) -> dict[str, Any]:
    """An extraction as JSON."""
    published = asdict(extraction.published)
    published |= {name: _told(published[name]) for name in ("at", "day", "modified_at")}
    return asdict(extraction) | {"published": published}


def _extraction(facts: dict[str, Any]) -> Extraction:
    """The extraction that JSON tells of."""
    published = facts["published"]
    published |= {name: _read(published[name]) for name in ("at", "modified_at")}
    published["day"] = date.fromisoformat(published["day"]) if published["day"] else None
    return Extraction(
        **facts
        | {
            "authors": tuple(facts["authors"]),
            "published": Published(**published | {"rules": tuple(published["rules"])}),
            "cleaning_rules": tuple(facts["cleaning_rules"]),
            "kind_evidence": tuple(facts["kind_evidence"]),
            "keywords": tuple(facts["keywords"]),
            "removed": tuple((rule, what) for rule, what in facts["removed"]),
            "reason": Reason(facts["reason"]) if facts["reason"] else None,
        }
    )


def _told(instant: date | None) -> str | None:
    """An instant or a day as JSON says it."""
    return None if instant is None else instant.isoformat()


def _read(text: str | None) -> datetime | None:
    """The instant of such a text."""
    return None if text is None else datetime.fromisoformat(text)
