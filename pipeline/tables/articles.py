"""Pages read and judged: readings, articles with their versions, copies, refusals."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from pipeline.tables.declaration import (
    DATE,
    FLOAT,
    INSTANT,
    INT,
    RECORDED_AT,
    RUN_ID,
    STRING,
    STRINGS,
    WINDOW_START,
    Table,
    column,
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
        "Where the title was found: jsonld, meta, html, heading, feed or first-line.",
        null="no title",
    ),
    column("authors", STRINGS, "Names of persons, placeholders such as Admin removed; empty if none."),
    column("published_at", INSTANT, "The publisher's time of publication.", null="not known; never the crawl's time"),
    column("published_at_source", STRING, "jsonld, meta, time, feed, sitemap, htmldate or text.", null="not known"),
    column("published_at_precision", STRING, "second, minute or day.", null="not known"),
    column(
        "published_on",
        DATE,
        "The publisher's own day of publication, by the offset it writes.",
        null="not known: it writes its times in UTC alone, or was read before there was one",
    ),
    column("modified_at", INSTANT, "The publisher's time of the last change.", null="not given"),
    WINDOW_START,
    column("first_seen_at", INSTANT, "Capture time of the article's first version.", processing=True),
    column("language", STRING, "ISO 639-1 code of the text.", null="too short to tell"),
    column(
        "text", STRING, "Body, NFC, paragraphs split by a blank line. Spans count its code points.", unit="code points"
    ),
    column("text_sha256", STRING, "SHA-256 of the text as UTF-8, hex."),
    column("word_count", INT, "Words in the text.", unit="words"),
    column(
        "content_kind",
        STRING,
        "news, opinion, live, promo, paywall or press-release; of what is no article: product, forum, listing, collection,"
        " documentation, service, index, consent or error; withdrawn of what was taken out. Only news and live give lines.",
    ),
    column(
        "kind_evidence",
        STRINGS,
        "The signs by which it has its kind; empty for news.",
        null="read before there was one",
    ),
    column("section", STRING, "The first section that the page names.", null="none named"),
    column(
        "keywords", STRINGS, "What the page gives as its keywords, at most fifty.", null="read before there were any"
    ),
    column("cleaning_rules", STRINGS, "Ids of the cleaning rules that changed the text or a field, sorted."),
    column("extractor_version", STRING, "Version of the extraction that made the text."),
    column("duplicate_of", STRING, "article_id of the canonical article.", null="not a duplicate"),
    column(
        "host_lines_version",
        STRING,
        "Last closed day whose repeated lines of the host were held against the text (rule host-line).",
        null="no line of its host was known",
        processing=True,
    ),
    column("page_id", STRING, "Page that this version was read from (pages.page_id).", processing=True),
    column("version_window_start", INSTANT, "Start of the window whose run brought this version.", processing=True),
    column("fetched_at", INSTANT, "Capture time of this version's page.", processing=True),
    RUN_ID,
    RECORDED_AT,
)

ARTICLES = Table(
    name="articles",
    grain="one article, its current version",
    key=("article_id",),
    sought=("article_id", "duplicate_of"),
    day_rule="date(window_start) of the article's first version, for ever",
    day_column="window_start",
    hashed=True,
    columns=_ARTICLE_FACTS,
)

ARTICLE_HISTORY = Table(
    name="article_history",
    grain="one superseded version of an article",
    key=("article_id", "version"),
    sought=("article_id",),
    day_rule="the article's day",
    day_column="window_start",
    hashed=True,
    columns=_ARTICLE_FACTS,
)

DUPLICATES = Table(
    name="duplicates",
    grain="one article found to be the same text as, or a copy of, one canonical article",
    key=("article_id", "canonical_id", "kind"),
    sought=("article_id", "canonical_id"),
    day_rule="the article's day",
    hashed=True,
    columns=(
        column("article_id", STRING, "The copy."),
        column("canonical_id", STRING, "The article it is attached to; never itself a copy."),
        column("kind", STRING, "exact, copy, edited, excerpt or original (a longer text of a known excerpt)."),
        column("containment", FLOAT, "Share of the shorter text's word 3-grams found in the other.", unit="ratio"),
        column("jaccard", FLOAT, "Word 3-grams in common over all of both.", unit="ratio"),
        RECORDED_AT,
    ),
)

QUARANTINE = Table(
    name="quarantine",
    grain="one refusal of one page or article by one stage",
    key=("quarantine_id",),
    sought=("quarantine_id", "page_id", "body_sha256"),
    day_rule="date of the run's window start",
    day_column="window_start",
    columns=(
        column("quarantine_id", STRING, "Hash of stage, page and reason."),
        column("stage", STRING, "Stage that refused."),
        column("page_id", STRING, "The page (pages.page_id).", null="refused before it was a page"),
        column("article_id", STRING, "The article it would have been.", null="not known at that stage"),
        column("source_id", STRING, "Source that brought it."),
        column("reason", STRING, "Reason code (pipeline/reasons.py)."),
        column("detail", STRING, "What exactly, in words.", null="the reason says it all"),
        column(
            "record_json",
            STRING,
            "What is known of what was refused, as JSON: address and title; of an article that validate refused, its row,"
            " the text cut to 200 characters.",
        ),
        column("body_sha256", STRING, "SHA-256 of the page's body.", null="no body"),
        column(
            "extractor_version", STRING, "Extraction that refused; a newer one may try again.", null="not extraction"
        ),
        column("status", STRING, "held, released or dropped."),
        column("decided_by", STRING, "Who released or dropped it.", null="still held"),
        column("window_start", INSTANT, "Start of the run's window.", processing=True),
        RUN_ID,
        RECORDED_AT,
    ),
)

WITHDRAWALS = Table(
    name="withdrawals",
    grain="one article that was taken out of the warehouse, and what is known of it still",
    key=("article_id",),
    columns=(
        column("article_id", STRING, "The article; its rows stay where they stood, without its text."),
        column("url", STRING, "Its URL.", null="a text without URL"),
        column("why", STRING, "Why, in the words of who withdrew it."),
        column("withdrawn_at", INSTANT, "When."),
        column("refused_urls", STRINGS, "Cleaned URLs that are not taken again."),
        column("page_ids", STRINGS, "Pages that held it (pages.page_id), and their rows stay."),
        column(
            "text_sha256s", STRINGS, "SHA-256 of each text it had; a page that gives one of them is not taken again."
        ),
        column("body_sha256s", STRINGS, "SHA-256 of each body it was read from; none of them is taken again."),
        column("build_ids", STRINGS, "Digests that held something of it (digest_builds.build_id)."),
        column(
            "outputs_before",
            STRINGS,
            "Of each of these the output_sha256 that it was published with; empty if none stands.",
        ),
        column("outputs_after", STRINGS, "And the one that its files have since."),
        RECORDED_AT,
    ),
)

_JUDGED_LATER = ("version", "cause", "duplicate_of", "recorded_at", "version_window_start", "host_lines_version")

EXTRACTED = Table(
    name="extractions",
    grain="one page as extraction read it: an article candidate, or a refusal with its reason",
    key=("page_id",),
    sought=("page_id",),
    day_rule="date(window_start)",
    day_column="window_start",
    internal=True,
    columns=(
        *(
            replace(c, null=c.null or "refused") if c.name not in ("page_id", "source_id", "window_start") else c
            for c in _ARTICLE_FACTS
            if c.name not in _JUDGED_LATER
        ),
        column("standfirst", STRING, "The paragraph of the text that the page's description confirms.", null="none"),
        column("body_sha256", STRING, "SHA-256 of the page's body."),
        column("listed_at", INSTANT, "Publication time given by the feed or sitemap.", null="none given"),
        column("listed_by", STRING, "What gave the listing's time: feed or sitemap.", null="not listed so"),
        column("reason", STRING, "Reason code of the refusal.", null="not refused"),
        column("detail", STRING, "The refusal in words.", null="nothing to add"),
    ),
)

FINGERPRINTS = Table(
    name="fingerprints",
    grain="one article's sampled word 3-gram hashes",
    key=("article_id",),
    sought=("article_id",),
    day_rule="the article's day",
    internal=True,
    columns=(
        column("article_id", STRING, "The article."),
        column("version", INT, "The version they were taken from."),
        column("text_key", STRING, "Hash of the normalised words: equal for the same text."),
        column("shingle_count", INT, "Distinct word 3-grams in the text."),
        column("hashes", pa.list_(pa.uint64()), "Sampled 64-bit hashes, sorted."),
        RECORDED_AT,
    ),
)

HOST_LINES = Table(
    name="host_lines",
    grain="one short paragraph that several pages of a host held on one closed day; with an empty key, all pages of the host",
    key=("host", "line_key", "day"),
    sought=("host",),
    day_rule="the closed day",
    internal=True,
    columns=(
        column("host", STRING, "The host of the pages' URLs."),
        column("line_key", STRING, "Hash of the paragraph, case and white space aside; empty in the row of all pages."),
        column("page_count", INT, "Pages of the host that held it."),
        column("edge_count", INT, "Of these, pages that held it at the head or the foot of their text."),
    ),
)
