"""What passes as an article, and what is made of one: a labelled crawl of articles, shops, forums, lists and other pages.

The pages are those of `wcxb/` (truth.jsonl with page_type and body, html/<id>.html.gz). Text is scored by words, page by page, and
against stock trafilatura in pairs: the gain with the bounds of a paired bootstrap.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.extract.isolated import extract_each
from pipeline.extract.page import Extraction, Page
from pipeline.reasons import TELLING_KINDS

_WORD = re.compile(r"\w+")
_DRAWS = 2000
# What an article may be called without being taken for something else than an article.
_ARTICLES = frozenset({*TELLING_KINDS, "opinion", "promo", "paywall", "press-release"})

Truth = Mapping[str, Any]


def score_kinds(truths: Sequence[Truth], pages: Sequence[Page], stock: Sequence[str]) -> dict[str, Any]:
    """Read the pages and score them.

    Args:
        truths: `page_type` and `body` of each page.
        pages: The pages.
        stock: What stock trafilatura made of each.
    Returns:
        `articles`: pages, word `f1`, `stock_f1`, `gain` and its bounds `gain_low` and `gain_high`, the shares `accepted` (not
        refused) and `with_lines` (no kind that is no article). `others`: pages, and the share `held_back`: refused, without text,
        or of a kind that gives no line.
    """
    found = extract_each(pages, workers=0, timeout_seconds=60.0)
    is_article = [truth["page_type"] == "article" for truth in truths]
    articles = [(t, f, s) for t, f, s, yes in zip(truths, found, stock, is_article, strict=True) if yes]
    others = [one for one, yes in zip(found, is_article, strict=True) if not yes]
    ours = [word_f1(one.text if one.reason is None else "", str(truth["body"])) for truth, one, _ in articles]
    theirs = [word_f1(text, str(truth["body"])) for truth, _, text in articles]
    low, high = bootstrap([a - b for a, b in zip(ours, theirs, strict=True)])
    return {
        "articles": {
            "pages": len(articles),
            "f1": round(_mean(ours), 4),
            "stock_f1": round(_mean(theirs), 4),
            "gain": round(_mean(ours) - _mean(theirs), 4),
            "gain_low": round(low, 4),
            "gain_high": round(high, 4),
            "accepted": round(_mean([float(one.reason is None) for _, one, _ in articles]), 4),
            "with_lines": round(
                _mean([float(one.reason is not None or one.content_kind in _ARTICLES) for _, one, _ in articles]), 4
            ),
        },
        "others": {"pages": len(others), "held_back": round(_mean([float(_is_held_back(one)) for one in others]), 4)},
    }


def word_f1(found: str, true: str) -> float:
    """F1 of two texts' words, as bags.

    Example:
        >>> word_f1("the old mill", "The mill burned")
        0.6666666666666666
    """
    one, other = (Counter(_WORD.findall((text or "").lower())) for text in (found, true))
    both = (one & other).total()
    return 2 * both / (one.total() + other.total()) if one and other else 0.0


def bootstrap(differences: Sequence[float], *, seed: int = 1) -> tuple[float, float]:
    """The bounds that the mean of paired differences keeps to in 95 of 100 draws."""
    dice = random.Random(seed)
    means = sorted(_mean(dice.choices(differences, k=len(differences))) for _ in range(_DRAWS))
    return means[int(0.025 * _DRAWS)], means[int(0.975 * _DRAWS)]


def _is_held_back(one: Extraction) -> bool:
    return one.reason is not None or not one.text or one.content_kind not in TELLING_KINDS


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def has_kinds(data: Path) -> bool:
    """Whether the folder holds such pages."""
    return (data / "wcxb" / "truth.jsonl").is_file()
