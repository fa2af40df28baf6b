"""How well pages are read, against stock trafilatura in the same run: text, titles, times, authors, and the cost.

Text is scored as scrapinghub/article-extraction-benchmark does: word 4-grams of each page, precision and recall
averaged over pages, F1 of the averages; in NFC on both sides, for some truths are written otherwise. Costs are processor seconds. What the
reading processes take to start, once for a thousand pages each, is measured on empty pages; `speed_against_stock` leaves it out, as the
stock loop's imports are, and `speed_with_start` has it.
"""

from __future__ import annotations

import gzip
import json
import logging
import re
import resource
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.page_kinds import has_kinds, score_kinds
from pipeline.errors import InputError
from pipeline.extract.isolated import extract_each
from pipeline.extract.page import Extraction, Page
from pipeline.sandbox.pool import close_idle

_GRAM = 4
_NEAR = timedelta(seconds=60)
_FUTURE = timedelta(hours=24)
_FULL_CHARS = 250
_WORD = re.compile(r"\w+")

Truth = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One page, what is true of it, and what was read."""

    truth: Truth
    page: Page
    found: Extraction


def run(data: Path, out: Path | None) -> dict[str, Any]:
    """Score the pages of `data` and compare with stock trafilatura on the same pages.

    Args:
        data: Folder with `pages/truth.jsonl` and `pages/html/<id>.html.gz`, or that `pages` folder itself; where it has `wcxb`
            of the same form, what passes as an article is scored there.
        out: Where the raw answers go, JSON lines {id, text, title, authors, published_at, language}; None for nowhere.
    """
    truths, pages = load_pages(data)
    start_cpu, _, _ = _read_watched([Page(body=b"<p>none</p>")] * len(pages))
    ours_cpu, wall, found = _read_watched(pages)
    scored = [Scored(truth=t, page=p, found=f) for t, p, f in zip(truths, pages, found, strict=True)]
    if out is not None:
        out.write_text("".join(json.dumps(_answer(one), ensure_ascii=False) + "\n" for one in scored), encoding="utf-8")
    stock_cpu, stock = _stock_texts(pages)
    figures = score_pages(scored)
    for name, texts in _by_set(truths, stock).items():
        figures["text"][name] |= {f"stock_{key}": value for key, value in score_texts(texts).items()}
    figures["cost"] = {
        "pages": len(pages),
        "wall_seconds": round(wall, 2),
        "cpu_seconds": round(ours_cpu, 2),
        "start_cpu_seconds": round(start_cpu, 2),
        "stock_cpu_seconds": round(stock_cpu, 2),
        "speed_against_stock": round(stock_cpu / (ours_cpu - start_cpu), 3),
        "speed_with_start": round(stock_cpu / ours_cpu, 3),
    }
    if has_kinds(data):
        truths, pages = load_pages(data / "wcxb")
        figures["kinds"] = score_kinds(truths, pages, _stock_texts(pages)[1])
    return figures


def _read_watched(pages: Sequence[Page]) -> tuple[float, float, list[Extraction]]:
    """Read pages in fresh processes: processor seconds of those, with their start, seconds by the clock, and what was read."""
    close_idle()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    found = extract_each(pages, workers=0, timeout_seconds=20.0)
    wall = time.monotonic() - started
    close_idle()  # a process's time is known when it has ended
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, found


def load_pages(data: Path) -> tuple[list[Truth], list[Page]]:
    """Read the labelled pages.

    Raises:
        InputError: the folder does not hold them.
    """
    folder = data / "pages" if (data / "pages").is_dir() else data
    try:
        lines = (folder / "truth.jsonl").read_text(encoding="utf-8").split("\n")  # a text may hold other line ends
        truths: list[Truth] = [json.loads(line) for line in lines if line.strip()]
        bodies = [gzip.decompress((folder / "html" / f"{truth['id']}.html.gz").read_bytes()) for truth in truths]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{folder} holds no labelled pages (truth.jsonl and html/<id>.html.gz): {error}") from error
    pages = [
        Page(body=body, content_type="text/html", url=truth.get("url"), fetched_at=_instant(truth.get("fetched_at")))
        for truth, body in zip(truths, bodies, strict=True)
    ]
    return truths, pages


def score_pages(scored: Sequence[Scored]) -> dict[str, Any]:
    """Score texts by set, and titles, times and authors where the truth has them."""
    texts = _by_set([one.truth for one in scored], [one.found.text for one in scored])
    return {
        "pages": len(scored),
        "refused": sum(one.found.reason is not None for one in scored),
        "full_texts": sum(len(one.found.text) >= _FULL_CHARS for one in scored),
        "text": {name: score_texts(pairs) for name, pairs in texts.items()},
        "metadata": score_metadata(scored),
        "standfirst": score_standfirsts(scored),
    }


def score_texts(pairs: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Score (true, found) texts: mean precision and recall of word 4-grams, and the F1 of the means."""
    scores = [_overlap(_grams(true), _grams(found)) for true, found in pairs]
    precision = sum(p for p, _ in scores) / len(scores)
    recall = sum(r for _, r in scores) / len(scores)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"pages": len(scores), "f1": round(f1, 4), "precision": round(precision, 4), "recall": round(recall, 4)}


def score_standfirsts(scored: Sequence[Scored]) -> dict[str, Any]:
    """Of the standfirsts that were kept, the share that stands in the true text; of recent pages, whose annotators keep them."""
    kept = [one for one in scored if one.found.standfirst and one.truth.get("set") == "fundus"]
    return _share(" ".join(_words(one.found.standfirst)) in " ".join(_words(str(one.truth["body"]))) for one in kept)


def score_metadata(scored: Sequence[Scored]) -> dict[str, Any]:
    """Score titles, times and authors over the pages whose truth has them.

    Times later than 24 h after the capture are no truth; those without an offset are true for their day alone. Sets of
    authors are equal or not; `authors_without_sites` leaves out pages whose truth names the outlet itself as author.
    """
    titled = [one for one in scored if one.truth.get("title") is not None]
    timed = [one for one in scored if one.truth.get("published_at") and not _is_impossible(one)]
    exact = [one for one in timed if _true_time(one).tzinfo is not None]
    local = [one for one in timed if _true_time(one).tzinfo is None]
    named = [one for one in scored if one.truth.get("authors") is not None]
    persons = [one for one in named if not any(_is_outlet(name, one) for name in one.truth["authors"])]
    return {
        "title_equal": _share(_words(one.truth["title"]) == _words(one.found.title) for one in titled),
        "published_within_60s": _share(_is_near(one) for one in exact),
        "published_same_day": _share(_is_same_day(one) for one in local),
        "published_equals_capture": sum(
            one.found.published.at is not None and one.found.published.at == one.page.fetched_at for one in scored
        ),
        "authors_equal": _share(_names(one.truth["authors"]) == _names(one.found.authors) for one in named),
        "authors_without_sites": _share(_names(one.truth["authors"]) == _names(one.found.authors) for one in persons),
    }


def _grams(text: str) -> Counter[tuple[str, ...]]:
    """A text's word 4-grams, in NFC without soft hyphens; a shorter text is one gram."""
    words = _WORD.findall(unicodedata.normalize("NFC", (text or "").replace("\xad", "")))
    return Counter(gram for i in range(max(1, len(words) - _GRAM + 1)) if (gram := tuple(words[i : i + _GRAM])))


def _overlap(true: Counter[tuple[str, ...]], found: Counter[tuple[str, ...]]) -> tuple[float, float]:
    """Precision and recall."""
    common = (true & found).total()
    if true == found:
        return 1.0, 1.0
    precision = common / found.total() if found else 0.0
    return precision, common / true.total() if true else 1.0


def _stock_texts(pages: Sequence[Page]) -> tuple[float, list[str]]:
    """What stock trafilatura makes of the pages in one loop, with metadata, and its processor seconds."""
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    started = time.process_time()
    found = [bare_extraction(p.body, url=p.url, include_comments=False, with_metadata=True) for p in pages]
    return time.process_time() - started, [(document.text or "") if document else "" for document in found]


def _by_set(truths: Sequence[Truth], texts: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """(true, found) texts by the set they come from."""
    sets: dict[str, list[tuple[str, str]]] = {}
    for truth, text in zip(truths, texts, strict=True):
        sets.setdefault(str(truth.get("set") or "pages"), []).append((str(truth["body"]), text))
    return sets


def _answer(one: Scored) -> dict[str, Any]:
    """The raw answer for one page."""
    found = one.found
    return {
        "id": one.truth["id"],
        "text": found.text,
        "title": found.title,
        "authors": list(found.authors),
        "published_at": found.published.at.isoformat() if found.published.at else None,
        "published_at_source": found.published.source,
        "language": found.language,
        "reason": found.reason and str(found.reason),
    }


def _instant(text: str | None) -> datetime | None:
    """An ISO instant; UTC where it has no zone."""
    if not text:
        return None
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _true_time(one: Scored) -> datetime:
    """The true time of publication, as its publisher wrote it."""
    return datetime.fromisoformat(one.truth["published_at"])


def _is_impossible(one: Scored) -> bool:
    """Whether a true time lies too long after the capture to be one."""
    true, captured = _instant(one.truth["published_at"]), one.page.fetched_at
    return true is not None and captured is not None and true > captured + _FUTURE


def _is_near(one: Scored) -> bool:
    at = one.found.published.at
    return at is not None and abs(at - _true_time(one)) <= _NEAR


def _is_same_day(one: Scored) -> bool:
    at = one.found.published.at
    return at is not None and at.date() == _true_time(one).date()


def _words(text: str | None) -> list[str]:
    """A title's words, folded."""
    return _WORD.findall(unicodedata.normalize("NFKC", text or "").casefold())


def _names(names: Iterable[str]) -> set[str]:
    """Names, folded."""
    return {" ".join(_words(name)) for name in names}


def _is_outlet(name: str, one: Scored) -> bool:
    """Whether a true author is the outlet: no blank in the name, or part of the page's host."""
    folded = "".join(_words(name))
    host = "".join(_words((one.page.url or "").partition("://")[2].partition("/")[0]))
    return bool(folded) and (folded in host or " " not in name.strip())


def _share(hits: Iterable[bool]) -> dict[str, float | int | None]:
    """Right ones, all, and their share."""
    found = list(hits)
    return {"right": sum(found), "of": len(found), "share": round(sum(found) / len(found), 4) if found else None}
