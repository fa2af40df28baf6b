"""What is asked and what comes: sources, requests, pages."""

from __future__ import annotations

from pipeline.tables.declaration import (
    BOOL,
    BYTES,
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

PAGES = Table(
    name="pages",
    grain="one fetch of one URL, one archived capture, or one inbox file",
    key=("page_id",),
    sought=("page_id",),
    day_rule="date(window_start)",
    day_column="window_start",
    columns=(
        column("page_id", STRING, "Hash of source, requested URL (or file bytes), and capture time or window."),
        column("source_id", STRING, "Source that listed the page (sources.source_id)."),
        column("requested_url", STRING, "URL asked for.", null="an inbox file"),
        column("final_url", STRING, "URL after redirects.", null="an inbox file"),
        column("http_status", INT, "Status of the final answer.", null="an inbox file"),
        WINDOW_START,
        column("fetched_at", INSTANT, "When the page was captured (archives: WARC-Date).", processing=True),
        column(
            "content_type", STRING, "Content-Type as answered, or guessed from an inbox file's suffix.", null="none"
        ),
        column(
            "file_name",
            STRING,
            "Path of an inbox file below its folder; bytes that are no UTF-8 as escapes.",
            null="no inbox file, or stored before this column",
            processing=True,
        ),
        column("body", BYTES, "The bytes after content decoding, untouched.", unit="bytes"),
        column("body_sha256", STRING, "SHA-256 of the body, hex."),
        column("listed_title", STRING, "Title given by the feed or sitemap that listed the page.", null="none given"),
        column("listed_at", INSTANT, "Publication time given by the feed or sitemap.", null="none given"),
        column("listed_by", STRING, "What gave the listing's time: feed or sitemap.", null="not listed so"),
        column("etag", STRING, "ETag of the answer: sent back when the page is asked again.", null="none given"),
        column("last_modified", STRING, "Last-Modified of the answer, as given.", null="none given"),
        column(
            "reserved",
            STRINGS,
            "What the answer's head or the page's own reserves: noarchive, nosnippet, noai (robots), tdm (TDM-Reservation).",
            null="stored before this column, or no answer",
            processing=True,
        ),
        column("cause", STRING, "Why the page is worked on: new, or release from quarantine.", processing=True),
        RUN_ID,
        RECORDED_AT,
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
        column("owner", STRING, "Who owns the publisher.", null="not told, or stored before this column"),
        column(
            "country",
            STRING,
            "Where it is at home, ISO 3166-1 alpha-2.",
            null="not told, in many, or stored before this column",
        ),
        column(
            "section",
            STRING,
            "What part of the news it lists.",
            null="all of it, or stored before this column",
        ),
        RECORDED_AT,
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
        RECORDED_AT,
    ),
)

FETCHES = Table(
    name="fetches",
    grain="one HTTP request, or one that was put off",
    key=("fetch_id",),
    sought=("fetch_id",),
    day_rule="date(window_start)",
    day_column="window_start",
    columns=(
        column("fetch_id", STRING, "Hash of run, source, URL, visit and attempt."),
        column("source_id", STRING, "The source."),
        column("url", STRING, "The URL asked."),
        column("purpose", STRING, "feed, sitemap, part (a sitemap that an index names), robots or page."),
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
        WINDOW_START,
        RUN_ID,
        RECORDED_AT,
    ),
)
