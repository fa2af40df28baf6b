"""What is expected of articles before they enter the warehouse.

The suite looks at *facts*: one row an article, columns taken over from it or counted from it by
pipeline/validate/facts.py, which says what each one means. A null fact is left alone by every expectation but
not-null, as Great Expectations does it.

Severities, in `meta["severity"]`:
    critical: a row that fails is refused with `meta["reason"]`; of several, the first in the suite gives the reason.
    warning: a row that fails stays; the share of such rows becomes a metric.
    set: a bound on the batch as a whole; the value observed becomes a metric.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import great_expectations as gx
    from great_expectations.expectations import Expectation

SUITE = "articles"

# The shortest of 228 labelled news pages holds 302 characters and a wire flash of one sentence 120 to 180, while
# what is left of a page without an article ("Chat with us …", "Click to read today's story") stays below 120.
LEAST_TEXT_SIZE = 120
MOST_UNREADABLE_RATIO = 0.005
MOST_TITLE_CHARS = 300
# A publisher's clock or zone may be off by hours; more than a day ahead is a date of something else.
MOST_HOURS_AHEAD = 24.0
FIRST_YEAR = 1990
MOST_AUTHORS = 50
MOST_AUTHOR_CHARS = 120
CONTENT_KINDS = (
    "news", "opinion", "live", "promo", "paywall", "press-release",
    "product", "forum", "listing", "collection", "documentation", "service", "index", "consent", "error",
)  # fmt: skip
MOST_SECTION_CHARS = 200
MOST_KEYWORDS = 50
MOST_KEYWORD_CHARS = 200
# A batch of which more gives no line is most likely one of pages whose template is taken for what it is not.
MOST_LINELESS = 0.5
DATE_SOURCES = ("jsonld", "meta", "time", "feed", "sitemap", "htmldate", "text")
DATE_PRECISIONS = ("second", "minute", "day")

URL = r"^https?://[^\s/?#]+\S*$"
# What a wall says to whoever is kept out. Looked for in the opening of short texts alone (facts.opening): a long
# article may well report on robots and cookies.
WALL = r"(?i)" + "|".join(
    (
        r"enable (?:javascript|js|cookies)\b",
        r"javascript (?:is|appears to be) (?:disabled|not enabled)",
        r"(?:verify|confirm|prove|sure) (?:that )?you(?:'|’)?(?: a)?re (?:a )?(?:human|not a robot)",
        r"(?:unusual|suspicious) (?:traffic|activity) from your",
        r"^(?:403 )?(?:access denied|forbidden)\b\W*(?:$|\n|you\b)",
        r"checking your browser|(?:blocked|protected) by (?:cloudflare|captcha)",
        r"(?:we|wir|nous)(?: and our| und unsere| et nos)?(?: \d*)? ?(?:partners|partner|partenaires)? ?"
        r"(?:use|value|verwenden|nutzen|utilisons) (?:cookies|your privacy)",
        r"(?:cookies|tracking).{0,40}(?:akzeptieren|zustimmen|accepter)",
    )
)


@cache
def articles_suite() -> gx.ExpectationSuite:
    """Build the suite for a batch of articles, in the order in which a row's reason is chosen; once a process."""
    import great_expectations as gx

    parts = (_presence(), _text_quality(), _field_forms(), _field_bounds(), _warnings(), _set_bounds())
    return gx.ExpectationSuite(name=SUITE, expectations=[expectation for part in parts for expectation in part])


def _presence() -> list[Expectation]:
    """What every article has."""
    from great_expectations import expectations as gxe

    columns = ("article_id", "text_size", "text_sha256", "word_count", "content_kind", "author_count", "fetched_at")
    fields = {"text_size": "text", "author_count": "authors"}
    return [
        gxe.ExpectColumnValuesToNotBeNull(
            column=column, **_critical("bad-field", fields.get(column, column), "is never null")
        )
        for column in columns
    ]


def _text_quality() -> list[Expectation]:
    """A text that can be read, is long enough for a piece of news, and is the article's own."""
    from great_expectations import expectations as gxe

    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="unreadable_ratio",
            max_value=MOST_UNREADABLE_RATIO,
            **_critical("bad-text", "text", "holds at most 0.5 % replacement, private-use and control characters"),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="text_size",
            min_value=LEAST_TEXT_SIZE,
            **_critical(
                "too-short",
                "text",
                f"holds at least {LEAST_TEXT_SIZE} characters, half as many where characters say more",
            ),
        ),
        gxe.ExpectColumnValuesToNotMatchRegex(
            column="opening", regex=WALL, **_critical("boilerplate", "text", "is no notice of a consent or bot wall")
        ),
        # Words are not counted alike in all scripts, so this only asks that there are any.
        gxe.ExpectColumnValuesToBeBetween(
            column="word_count", min_value=1, **_critical("bad-text", "word_count", "is at least 1")
        ),
    ]


def _field_forms() -> list[Expectation]:
    """Fields written the way readers parse them."""
    from great_expectations import expectations as gxe

    patterns = (
        ("article_id", r"^[0-9a-f]{32}$", "is 32 hexadecimal digits"),
        ("text_sha256", r"^[0-9a-f]{64}$", "is 64 hexadecimal digits"),
        ("url", URL, "is an http(s) URL or null"),
        ("canonical_url", URL, "is an http(s) URL or null"),
        ("declared_original_url", URL, "is an http(s) URL or null"),
        ("language", r"^[a-z]{2,3}$", "is an ISO 639 code or null"),
    )
    sets = (
        ("content_kind", CONTENT_KINDS),
        ("published_at_source", DATE_SOURCES),
        ("published_at_precision", DATE_PRECISIONS),
    )
    return [
        *(
            gxe.ExpectColumnValuesToMatchRegex(column=column, regex=regex, **_critical("bad-field", column, expects))
            for column, regex, expects in patterns
        ),
        *(
            gxe.ExpectColumnValuesToBeInSet(
                column=column,
                value_set=list(values),
                **_critical("bad-field", column, "is one of " + ", ".join(values)),
            )
            for column, values in sets
        ),
    ]


def _field_bounds() -> list[Expectation]:
    """Fields within what they can mean."""
    from great_expectations import expectations as gxe

    bounds = (
        ("title_chars", 1, MOST_TITLE_CHARS, "title", f"has 1 to {MOST_TITLE_CHARS} characters or is null"),
        ("hours_ahead", None, MOST_HOURS_AHEAD, "published_at", "is at most 24 h after the capture"),
        ("published_year", FIRST_YEAR, None, "published_at", f"is not before {FIRST_YEAR}"),
        ("undescribed_dates", None, 0, "published_at", "comes with its source and precision, and they with it"),
        ("blank_authors", None, 0, "authors", "holds no null and no blank name"),
        ("section_chars", 1, MOST_SECTION_CHARS, "section", f"has 1 to {MOST_SECTION_CHARS} characters or is null"),
        ("keyword_count", None, MOST_KEYWORDS, "keywords", f"holds at most {MOST_KEYWORDS} words"),
        ("blank_keywords", None, 0, "keywords", "holds no null and no blank word"),
        ("unexplained_kind", None, 0, "kind_evidence", "is given for every kind but news"),
        ("blank_signs", None, 0, "kind_evidence", "holds no null and no blank sign"),
    )
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column=column, min_value=low, max_value=high, **_critical("bad-field", field, expects)
        )
        for column, low, high, field, expects in bounds
    ]


def _warnings() -> list[Expectation]:
    """Oddities worth seeing that are no ground to lose an article."""
    from great_expectations import expectations as gxe

    return [
        gxe.ExpectColumnValuesToBeBetween(column=column, max_value=high, **_noted("warning", name, expects))
        for column, high, name, expects in (
            ("author_count", MOST_AUTHORS, "authors", f"holds at most {MOST_AUTHORS} names"),
            ("author_chars", MOST_AUTHOR_CHARS, "authors", f"holds no name longer than {MOST_AUTHOR_CHARS} characters"),
            ("modified_hours_ahead", MOST_HOURS_AHEAD, "modified_at", "is at most 24 h after the capture"),
            (
                "keyword_chars",
                MOST_KEYWORD_CHARS,
                "keywords",
                f"holds no word longer than {MOST_KEYWORD_CHARS} characters",
            ),
            ("standfirst_outside", 0, "standfirst", "is a paragraph of the text or null"),
        )
    ]


def _set_bounds() -> list[Expectation]:
    """Bounds on a batch: a sudden share of gaps or repeats means that a template or a source has changed."""
    from great_expectations import expectations as gxe

    known = (("title", 0.7), ("published_at", 0.7), ("language", 0.8), ("publisher", 0.5))
    return [
        *(
            gxe.ExpectColumnValuesToNotBeNull(
                column=column, mostly=share, **_noted("set", column, f"is known in at least {share:.0%} of a batch")
            )
            for column, share in known
        ),
        gxe.ExpectColumnProportionOfUniqueValuesToBeBetween(
            column="text_sha256", min_value=0.7, **_noted("set", "text", "differs in at least 70 % of a batch")
        ),
        gxe.ExpectColumnProportionOfUniqueValuesToBeBetween(
            column="article_id", min_value=0.5, **_noted("set", "article_id", "differs in at least half of a batch")
        ),
        gxe.ExpectColumnMeanToBeBetween(
            column="is_lineless",
            max_value=MOST_LINELESS,
            **_noted("set", "content_kind", "gives lines in half of a batch"),
        ),
    ]


def _critical(reason: str, field: str, expects: str) -> dict[str, Any]:
    """Keyword arguments of an expectation whose failing rows are refused."""
    return {
        "severity": "critical",
        "meta": {"severity": "critical", "reason": reason, "field": field, "expects": expects},
    }


def _noted(severity: str, field: str, expects: str) -> dict[str, Any]:
    """Keyword arguments of an expectation that only becomes a metric."""
    return {"severity": "warning", "meta": {"severity": severity, "field": field, "expects": expects}}
