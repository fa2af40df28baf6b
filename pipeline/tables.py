"""Every warehouse table, declared once: grain, key, day rule, and each column's type, unit and meaning.

The declaration gives the check on write, the comments in DuckDB and the data dictionary (warehouse/README.md).
`processing` marks columns that say how a fact came to be known rather than what it is; the content hash leaves them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

SCHEMA_VERSION = 1

STRING = pa.string()
INT = pa.int64()
FLOAT = pa.float64()
BOOL = pa.bool_()
BYTES = pa.binary()
DATE = pa.date32()
INSTANT = pa.timestamp("us", tz="UTC")
STRINGS = pa.list_(pa.string())


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: `null` says what a missing value means, or is empty where none is allowed."""

    name: str
    type: pa.DataType
    description: str
    null: str = ""
    unit: str = ""
    processing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table. `day_rule` says which day a row stands in; tables without one are not partitioned."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    day_rule: str = ""
    hashed: bool = False
    internal: bool = False

    @property
    def schema(self) -> pa.Schema:
        """The columns as they stand in a file (without the partition column)."""
        return pa.schema([pa.field(c.name, c.type, nullable=bool(c.null)) for c in self.columns])

    @property
    def row_schema(self) -> pa.Schema:
        """The columns as rooms and readers see them: with `day` last, where the table is partitioned."""
        return self.schema.append(pa.field("day", DATE, nullable=False)) if self.day_rule else self.schema

    @property
    def content_columns(self) -> tuple[str, ...]:
        """The columns that say what is known, in declared order, without the processing ones."""
        return tuple(c.name for c in self.columns if not c.processing)

    def empty(self) -> pa.Table:
        """A table without rows, with the row schema."""
        return self.row_schema.empty_table()

    def rows(self, records: Sequence[Mapping[str, Any]]) -> pa.Table:
        """Rows from mappings, checked against the declaration; absent columns are null.

        Raises:
            pyarrow.ArrowInvalid, pyarrow.ArrowTypeError: a value does not fit its column.
        """
        return pa.Table.from_pylist(list(records), schema=self.row_schema)


def column(
    name: str, type_: pa.DataType, description: str, *, null: str = "", unit: str = "", processing: bool = False
) -> Column:
    """A column, in one line."""
    return Column(name=name, type=type_, description=description, null=null, unit=unit, processing=processing)


_RUN_ID = column("run_id", STRING, "Run that wrote the row (runs.run_id).", processing=True)
_RECORDED_AT = column("recorded_at", INSTANT, "When the warehouse learned it: the run's `now`.", processing=True)
_WINDOW_START = column(
    "window_start",
    INSTANT,
    "Start of the window of the run that asked for the page; its date is `day`.",
    processing=True,
)

PAGES = Table(
    name="pages",
    grain="one fetch of one URL, one archived capture, or one inbox file",
    key=("page_id",),
    day_rule="date(window_start)",
    columns=(
        column("page_id", STRING, "Hash of source, requested URL (or file bytes), and capture time or window."),
        column("source_id", STRING, "Source that listed the page (sources.source_id)."),
        column("requested_url", STRING, "URL asked for.", null="an inbox file"),
        column("final_url", STRING, "URL after redirects.", null="an inbox file"),
        column("http_status", INT, "Status of the final answer.", null="an inbox file"),
        _WINDOW_START,
        column("fetched_at", INSTANT, "When the page was captured (archives: WARC-Date).", processing=True),
        column(
            "content_type", STRING, "Content-Type as answered, or guessed from an inbox file's suffix.", null="none"
        ),
        column("body", BYTES, "The bytes after content decoding, untouched.", unit="bytes"),
        column("body_sha256", STRING, "SHA-256 of the body, hex."),
        column("listed_title", STRING, "Title given by the feed or sitemap that listed the page.", null="none given"),
        column("listed_at", INSTANT, "Publication time given by the feed or sitemap.", null="none given"),
        column("listed_by", STRING, "What gave the listing's time: feed or sitemap.", null="not listed so"),
        column("etag", STRING, "ETag of the answer: sent back when the page is asked again.", null="none given"),
        column("last_modified", STRING, "Last-Modified of the answer, as given.", null="none given"),
        column("cause", STRING, "Why the page is worked on: new, or release from quarantine.", processing=True),
        _RUN_ID,
        _RECORDED_AT,
    ),
)

_ARTICLE_FACTS = (
    column("article_id", STRING, "Hash of the cleaned final or canonical URL, or of the text where there is no URL."),
    column("version", INT, "1 for the first text seen, then counting up."),
    column("cause", STRING, "Why this version exists: new, edit, reextraction or release."),
    column("source_id", STRING, "Source that first brought the article (sources.source_id)."),
    column(
        "publisher", STRING, "Who puts it out: the source's publisher, else the registrable domain.", null="unknown"
    ),
    column("url", STRING, "Final URL, cleaned of trackers and fragment.", null="a text without URL"),
    column("canonical_url", STRING, "URL that the identity stands on.", null="a text without URL"),
    column(
        "declared_original_url", STRING, "Canonical URL declared on another domain: evidence of a copy.", null="none"
    ),
    column("title", STRING, "Headline, site name cut off.", null="the page has none"),
    column(
        "title_source",
        STRING,
        "Where the title was found: jsonld, meta, heading, html, feed or first-line.",
        null="no title",
    ),
    column("authors", STRINGS, "Names of persons, placeholders such as Admin removed; empty if none."),
    column("published_at", INSTANT, "The publisher's time of publication.", null="not known; never the crawl's time"),
    column("published_at_source", STRING, "jsonld, meta, time, feed, sitemap, htmldate or text.", null="not known"),
    column("published_at_precision", STRING, "second, minute or day.", null="not known"),
    column("modified_at", INSTANT, "The publisher's time of the last change.", null="not given"),
    _WINDOW_START,
    column("first_seen_at", INSTANT, "Capture time of the article's first version.", processing=True),
    column("language", STRING, "ISO 639-1 code of the text.", null="too short to tell"),
    column(
        "text", STRING, "Body, NFC, paragraphs split by a blank line. Spans count its code points.", unit="code points"
    ),
    column("text_sha256", STRING, "SHA-256 of the text as UTF-8, hex."),
    column("word_count", INT, "Words in the text.", unit="words"),
    column("content_kind", STRING, "news, opinion, live, promo or paywall."),
    column("cleaning_rules", STRINGS, "Ids of the cleaning rules that changed the text or a field, sorted."),
    column("extractor_version", STRING, "Version of the extraction that made the text."),
    column("duplicate_of", STRING, "article_id of the canonical article.", null="not a duplicate"),
    column("page_id", STRING, "Page that this version was read from (pages.page_id).", processing=True),
    column("version_window_start", INSTANT, "Start of the window whose run brought this version.", processing=True),
    column("fetched_at", INSTANT, "Capture time of this version's page.", processing=True),
    _RUN_ID,
    _RECORDED_AT,
)

ARTICLES = Table(
    name="articles",
    grain="one article, its current version",
    key=("article_id",),
    day_rule="date(window_start) of the article's first version, for ever",
    hashed=True,
    columns=_ARTICLE_FACTS,
)

ARTICLE_HISTORY = Table(
    name="article_history",
    grain="one superseded version of an article",
    key=("article_id", "version"),
    day_rule="the article's day",
    hashed=True,
    columns=_ARTICLE_FACTS,
)

DUPLICATES = Table(
    name="duplicates",
    grain="one article found to be the same text as, or a copy of, one canonical article",
    key=("article_id", "canonical_id", "kind"),
    day_rule="the article's day",
    hashed=True,
    columns=(
        column("article_id", STRING, "The copy."),
        column("canonical_id", STRING, "The article it is attached to; never itself a copy."),
        column("kind", STRING, "exact, copy, edited, excerpt or original (a longer text of a known excerpt)."),
        column("containment", FLOAT, "Share of the shorter text's word 3-grams found in the other.", unit="ratio"),
        column("jaccard", FLOAT, "Word 3-grams in common over all of both.", unit="ratio"),
        _RECORDED_AT,
    ),
)

QUARANTINE = Table(
    name="quarantine",
    grain="one refusal of one page or article by one stage",
    key=("quarantine_id",),
    day_rule="date of the run's window start",
    columns=(
        column("quarantine_id", STRING, "Hash of stage, page and reason."),
        column("stage", STRING, "Stage that refused."),
        column("page_id", STRING, "The page (pages.page_id).", null="refused before it was a page"),
        column("article_id", STRING, "The article it would have been.", null="not known at that stage"),
        column("source_id", STRING, "Source that brought it."),
        column("reason", STRING, "Reason code (pipeline/reasons.py)."),
        column("detail", STRING, "What exactly, in words.", null="the reason says it all"),
        column("record_json", STRING, "The refused record without its body, as JSON."),
        column("body_sha256", STRING, "SHA-256 of the page's body.", null="no body"),
        column(
            "extractor_version", STRING, "Extraction that refused; a newer one may try again.", null="not extraction"
        ),
        column("status", STRING, "held, released or dropped."),
        column("decided_by", STRING, "Who released or dropped it.", null="still held"),
        column("window_start", INSTANT, "Start of the run's window.", processing=True),
        _RUN_ID,
        _RECORDED_AT,
    ),
)

STORY_ARTICLES = Table(
    name="story_articles",
    grain="one placing of an article in an event and a story",
    key=("article_id", "recorded_at"),
    day_rule="the day in whose clustering it stands",
    hashed=True,
    columns=(
        column("article_id", STRING, "The placed article (never a duplicate)."),
        column("story_id", STRING, "Story it stands in, minted from the story's first article."),
        column("event_id", STRING, "Event it stands in, minted from the event's first article."),
        column(
            "similarity", FLOAT, "Similarity to its event when placed; 1 for the event's first article.", unit="cosine"
        ),
        column("runner_up_story_id", STRING, "The next best story.", null="no other story was near"),
        column(
            "runner_up_similarity", FLOAT, "Similarity to the next best story.", null="no other story", unit="cosine"
        ),
        column("settings_version", STRING, "Hash of the clustering settings."),
        _RECORDED_AT,
    ),
)

STORY_DAYS = Table(
    name="story_days",
    grain="one story on one clustered day",
    key=("story_id", "day"),
    day_rule="the clustered day",
    hashed=True,
    columns=(
        column("story_id", STRING, "The story."),
        column(
            "headline", STRING, "Title of the article nearest to the story's centre.", null="no article has a title"
        ),
        column("status", STRING, "active (articles this day), quiet (none) or merged."),
        column("event_count", INT, "Events so far.", unit="events"),
        column("article_count", INT, "Articles so far, duplicates included.", unit="articles"),
        column("publisher_count", INT, "Publishers so far; an unknown one counts as its own.", unit="publishers"),
        column("origin_count", INT, "Independent origins so far, copies collapsed.", unit="origins"),
        column("language", STRING, "Language of the story's articles.", null="unknown"),
        column("first_seen_at", INSTANT, "Capture of its first article.", processing=True),
        column("last_seen_at", INSTANT, "Capture of its last article.", processing=True),
        _RECORDED_AT,
    ),
)

STORY_LINEAGE = Table(
    name="story_lineage",
    grain="one link between two stories",
    key=("from_story_id", "to_story_id", "kind", "recorded_at"),
    day_rule="the day whose clustering noticed it",
    hashed=True,
    columns=(
        column("from_story_id", STRING, "The story that was."),
        column("to_story_id", STRING, "The story that it became, or is tied to."),
        column("kind", STRING, "merge, split, link or reopen."),
        column("score", FLOAT, "Similarity that led to it.", null="not by similarity", unit="cosine"),
        _RECORDED_AT,
    ),
)

DIGEST_BUILDS = Table(
    name="digest_builds",
    grain="one build of one day's digest",
    key=("build_id",),
    day_rule="digest_date",
    columns=(
        column("build_id", STRING, "Hash of date, status, inputs, settings that change results, and code version."),
        column("digest_date", DATE, "The day whose developments it tells."),
        column("status", STRING, "provisional, final or superseded."),
        column("built_at", INSTANT, "The run's `now`."),
        column("snapshot", INT, "Snapshot that the inputs were read from."),
        column("code_version", STRING, "Version of the code that decides lines."),
        column("settings_sha256", STRING, "Hash of the settings that change results."),
        column("inputs_sha256", STRING, "Hash of the article versions, placings and earlier lines that went in."),
        column("output_sha256", STRING, "Hash over the published files."),
        column("missing_windows", STRINGS, "Hours of the day that no run covered; empty if complete."),
        _RUN_ID,
        _RECORDED_AT,
    ),
)

DIGESTS = Table(
    name="digests",
    grain="one story in one build",
    key=("build_id", "story_id"),
    day_rule="digest_date",
    hashed=True,
    columns=(
        column("build_id", STRING, "The build."),
        column("story_id", STRING, "The story."),
        column("digest_date", DATE, "The build's day."),
        column("rank", INT, "Place in the digest, 1 first."),
        column("headline", STRING, "The story's headline that day.", null="no article has a title"),
        column("development_count", INT, "Lines under it.", unit="lines"),
        column("is_quiet", BOOL, "True where the story has articles but nothing new."),
        column("writer", STRING, "Who wrote the lines: extractive."),
        _RECORDED_AT,
    ),
)

DEVELOPMENTS = Table(
    name="developments",
    grain="one line of one build: a fact of a story first reported that day",
    key=("build_id", "development_id"),
    day_rule="digest_date",
    hashed=True,
    columns=(
        column("build_id", STRING, "The build."),
        column("development_id", STRING, "Hash of story, date and the primary citation."),
        column("digest_date", DATE, "The build's day."),
        column("story_id", STRING, "The story it belongs to."),
        column("event_id", STRING, "The event it belongs to."),
        column("event_date", DATE, "Day on which it happened, where the text says so.", null="not said"),
        column("rank", INT, "Place within its story, 1 first."),
        column("text", STRING, "The line: verbatim the quote of its primary citation.", unit="code points"),
        column("kind", STRING, "new, updated, differs or corrected."),
        column("novelty", FLOAT, "1 - highest similarity to what the story said before.", unit="ratio"),
        column("article_count", INT, "Articles that report it.", unit="articles"),
        column("publisher_count", INT, "Publishers that report it.", unit="publishers"),
        column("origin_count", INT, "Independent origins that report it.", unit="origins"),
        _RECORDED_AT,
    ),
)

CITATIONS = Table(
    name="citations",
    grain="one quoted span behind one line",
    key=("build_id", "development_id", "n"),
    day_rule="digest_date",
    hashed=True,
    columns=(
        column("build_id", STRING, "The build."),
        column("development_id", STRING, "The line."),
        column("n", INT, "Place among the line's citations, 1 = primary."),
        column("article_id", STRING, "The cited article."),
        column("version", INT, "The cited version."),
        column("char_start", INT, "First code point of the span in that version's text, from 0.", unit="code points"),
        column("char_end", INT, "End of the span, exclusive.", unit="code points"),
        column("quote", STRING, "The span's text."),
        column("role", STRING, "primary, corroborates or differs."),
        _RECORDED_AT,
    ),
)

CORRECTIONS = Table(
    name="corrections",
    grain="one published line whose source changed",
    key=("article_id", "to_version", "build_id", "development_id"),
    day_rule="the day it was noticed",
    hashed=True,
    columns=(
        column("article_id", STRING, "The article that changed."),
        column("to_version", INT, "The version that no longer holds the quote."),
        column("build_id", STRING, "The build with the line."),
        column("development_id", STRING, "The line that lost its ground."),
        column("digest_date", DATE, "The day of the build with the line."),
        column("cause", STRING, "edit or withdrawal."),
        column("old_quote", STRING, "What the line says."),
        column("new_text", STRING, "The nearest passage of the new version.", null="nothing in its place"),
        column("noticed_at", INSTANT, "When the change was noticed: the run's `now`.", processing=True),
        _RECORDED_AT,
    ),
)

RUNS = Table(
    name="runs",
    grain="one run of one DAG or of the command line, for one window",
    key=("run_id",),
    day_rule="date of the window's start",
    columns=(
        column("run_id", STRING, "Airflow's DAG and run id, or one made by the command line."),
        column("dag_id", STRING, "news_ingest, news_stories, news_digest, …; the command line uses the same."),
        column("window_start", INSTANT, "Start of the window, inclusive."),
        column("window_end", INSTANT, "End of the window, exclusive."),
        column("started_at", INSTANT, "Wall time of the start."),
        column("source_ids", STRINGS, "The source set of the run; empty where a run has none."),
        column("status", STRING, "success or failed; late or empty where no run came in its time."),
        column("detail", STRING, "What failed.", null="nothing"),
        column("code_version", STRING, "Version of Daybook."),
        column("settings_sha256", STRING, "Hash of the settings that change results."),
        _RECORDED_AT,
    ),
)

STAGE_COUNTS = Table(
    name="stage_counts",
    grain="one source in one stage of one run",
    key=("run_id", "stage", "source_id"),
    day_rule="date of the window's start",
    columns=(
        column("run_id", STRING, "The run."),
        column("stage", STRING, "The stage."),
        column("source_id", STRING, "The source."),
        column("unit", STRING, "What is counted: listed-urls or pages."),
        column("received", INT, "Came in; the sum of the six outcomes."),
        column("new", INT, "Handed on to the next stage, or stored as new."),
        column("updated", INT, "Stored as a new version."),
        column("unchanged", INT, "Known already, nothing new in it."),
        column("duplicates", INT, "Stored, attached to a canonical article."),
        column("quarantined", INT, "Refused with a reason."),
        column("failed", INT, "Could not be had this time."),
        column("reasons", pa.map_(pa.string(), pa.int64()), "Reason code to count."),
        column("window_start", INSTANT, "Start of the window."),
        _RECORDED_AT,
    ),
)

QUALITY_METRICS = Table(
    name="quality_metrics",
    grain="one expectation over one batch",
    key=("run_id", "suite", "expectation", "column"),
    day_rule="date of the window's start",
    columns=(
        column("run_id", STRING, "The run."),
        column("suite", STRING, "The suite."),
        column("expectation", STRING, "The expectation."),
        column("column", STRING, "The column it looks at; empty for a whole table."),
        column("success", BOOL, "Whether it held."),
        column("observed", FLOAT, "Share of rows that failed, or the value observed.", null="nothing to observe"),
        column("threshold", FLOAT, "The bound.", null="none"),
        column("severity", STRING, "critical (the row is quarantined), warning or set."),
        column("window_start", INSTANT, "Start of the window."),
        _RECORDED_AT,
    ),
)

SOURCES = Table(
    name="sources",
    grain="one registered source",
    key=("source_id",),
    columns=(
        column("source_id", STRING, "Its id in sources.toml, or inbox and warc for folders and archives."),
        column("kind", STRING, "feed, sitemap, inbox or warc."),
        column("url", STRING, "What is asked.", null="a folder or archive"),
        column("publisher", STRING, "Who puts its articles out.", null="by the page's domain"),
        column("language", STRING, "Main language, ISO 639-1.", null="mixed"),
        column("enabled", BOOL, "Whether scheduled runs ask it."),
        _RECORDED_AT,
    ),
)

FEED_STATE = Table(
    name="feed_state",
    grain="what is known of one source's listing",
    key=("source_id",),
    columns=(
        column("source_id", STRING, "The source."),
        column("etag", STRING, "ETag of the last full answer.", null="none given"),
        column("last_modified", STRING, "Last-Modified of the last full answer.", null="none given"),
        column("last_full_at", INSTANT, "Last usable answer with a body; after a day one is asked for.", null="never"),
        column("last_success_at", INSTANT, "Last usable answer, 304 included.", null="never"),
        column("last_new_item_at", INSTANT, "Last time an unknown URL was listed.", null="never"),
        column("failure_streak", INT, "Failures in a row.", unit="failures"),
        column("next_fetch_at", INSTANT, "Not to be asked before: the host said so.", null="any time"),
        _RECORDED_AT,
    ),
)

FETCHES = Table(
    name="fetches",
    grain="one HTTP request, or one that was put off",
    key=("fetch_id",),
    day_rule="date(window_start)",
    columns=(
        column("fetch_id", STRING, "Hash of run, source, URL, visit and attempt."),
        column("source_id", STRING, "The source."),
        column("url", STRING, "The URL asked."),
        column("purpose", STRING, "feed, sitemap, robots or page."),
        column("outcome", STRING, "ok, not-modified, or a reason code."),
        column("http_status", INT, "Status of the answer.", null="no answer"),
        column("bytes", INT, "Bytes of the decoded body.", unit="bytes"),
        column("ms", INT, "Time taken.", unit="milliseconds"),
        column("requested_at", INSTANT, "Time of the request: wall time, or the run's `now` on invented days."),
        column(
            "listed_title",
            STRING,
            "What the listing said of the page, so that a later try loses nothing.",
            null="no page, or none given",
        ),
        column("listed_at", INSTANT, "Publication time given by the listing.", null="no page, or none given"),
        column("listed_by", STRING, "feed or sitemap.", null="no page"),
        column("wait_until", INSTANT, "When the host allows to be asked again.", null="it did not say"),
        _WINDOW_START,
        _RUN_ID,
        _RECORDED_AT,
    ),
)

FINGERPRINTS = Table(
    name="fingerprints",
    grain="one article's sampled word 3-gram hashes",
    key=("article_id",),
    day_rule="the article's day",
    internal=True,
    columns=(
        column("article_id", STRING, "The article."),
        column("version", INT, "The version they were taken from."),
        column("text_key", STRING, "Hash of the normalised words: equal for the same text."),
        column("shingle_count", INT, "Distinct word 3-grams in the text."),
        column("hashes", pa.list_(pa.uint64()), "Sampled 64-bit hashes, sorted."),
        _RECORDED_AT,
    ),
)

ARTICLE_TERMS = Table(
    name="article_terms",
    grain="one article's weighted term counts, as the clustering used them",
    key=("article_id",),
    day_rule="the day in whose clustering it stands",
    internal=True,
    columns=(
        column("article_id", STRING, "The article."),
        column("version", INT, "The version they were counted in."),
        column("language", STRING, "Language.", null="unknown"),
        column("terms", STRINGS, "Terms, sorted."),
        column("counts", pa.list_(pa.float64()), "Weighted count of each term."),
        _RECORDED_AT,
    ),
)

# What extract hands on. A page's own reading: what only many pages together can tell (dedupe.identities) is not in it.
_JUDGED_LATER = ("version", "cause", "duplicate_of", "recorded_at", "version_window_start")
EXTRACTED = Table(
    name="extractions",
    grain="one page as extraction read it: an article candidate, or a refusal with its reason",
    key=("page_id",),
    day_rule="date(window_start)",
    internal=True,
    columns=(
        *(
            replace(c, null=c.null or "refused") if c.name not in ("page_id", "source_id", "window_start") else c
            for c in _ARTICLE_FACTS
            if c.name not in _JUDGED_LATER
        ),
        column("body_sha256", STRING, "SHA-256 of the page's body."),
        column("listed_at", INSTANT, "Publication time given by the feed or sitemap.", null="none given"),
        column("listed_by", STRING, "What gave the listing's time: feed or sitemap.", null="not listed so"),
        column("reason", STRING, "Reason code of the refusal.", null="not refused"),
        column("detail", STRING, "The refusal in words.", null="nothing to add"),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PAGES,
        ARTICLES,
        ARTICLE_HISTORY,
        DUPLICATES,
        QUARANTINE,
        STORY_ARTICLES,
        STORY_DAYS,
        STORY_LINEAGE,
        DIGEST_BUILDS,
        DIGESTS,
        DEVELOPMENTS,
        CITATIONS,
        CORRECTIONS,
        RUNS,
        STAGE_COUNTS,
        QUALITY_METRICS,
        SOURCES,
        FEED_STATE,
        FETCHES,
        EXTRACTED,
        FINGERPRINTS,
        ARTICLE_TERMS,
    )
}
