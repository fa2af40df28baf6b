-- How each source does: its last answers, and what the last seven stored days brought. One row: source_id.
-- reads: sources, feed_state, fetches, articles, quarantine
-- column request_count: Requests of the last seven stored days. Unit: requests.
-- column failed_request_count: Of these, those that failed; a 304 or one put off is no failure. Unit: requests.
-- column unchanged_request_count: Of these, those answered with 304. Unit: requests.
-- column put_off_count: Of these, those put off because the host is to be left alone. Unit: requests.
-- column last_outcome: Outcome of the last request for its listing, else of its last request. Null: not asked in these days.
-- column median_ms: Median time of these requests. Unit: milliseconds. Null: not asked.
-- column article_count: Articles of the last seven stored days. Unit: articles.
-- column last_article_day: The last day with an article of it. Null: none ever.
-- column silent_days: Days from that to the newest stored day. Unit: days. Null: no article ever.
-- column last_published_at: The latest publication time among its articles. Null: none is known.
-- column quarantined_count: Refusals of the last seven stored days, whatever was decided of them since. Unit: refusals.
-- column most_frequent_reason: The reason most of these have, of several the first by name. Null: nothing was refused.
WITH newest AS (
    SELECT max(day) AS newest_day FROM (SELECT day FROM articles UNION ALL SELECT day FROM fetches)
),
ids AS (
    SELECT source_id FROM sources
    UNION SELECT source_id FROM feed_state
    UNION SELECT source_id FROM articles
),
requests AS (
    SELECT
        source_id,
        count(*) AS request_count,
        count(*) FILTER (WHERE outcome NOT IN ('ok', 'not-modified', 'not-now')) AS failed_request_count,
        count(*) FILTER (WHERE outcome = 'not-modified') AS unchanged_request_count,
        count(*) FILTER (WHERE outcome = 'not-now') AS put_off_count,
        coalesce(
            arg_max(outcome, (requested_at, fetch_id)) FILTER (WHERE purpose IN ('feed', 'sitemap')),
            arg_max(outcome, (requested_at, fetch_id))
        ) AS last_outcome,
        median(ms)::BIGINT AS median_ms
    FROM fetches, newest
    WHERE day > newest_day - 7
    GROUP BY source_id
),
stored AS (
    SELECT
        source_id,
        count(*) FILTER (WHERE day > newest_day - 7) AS article_count,
        max(day) AS last_article_day,
        max(published_at) AS last_published_at
    FROM articles, newest
    GROUP BY source_id
),
refused AS (
    SELECT source_id, sum(refusals)::BIGINT AS quarantined_count, arg_min(reason, (-refusals, reason)) AS most_frequent_reason
    FROM (
        SELECT source_id, reason, count(*) AS refusals
        FROM quarantine, newest
        WHERE day > newest_day - 7
        GROUP BY source_id, reason
    )
    GROUP BY source_id
)
SELECT
    ids.source_id,
    s.kind,
    s.publisher,
    s.url,
    s.enabled,
    f.failure_streak,
    f.last_full_at,
    f.last_success_at,
    f.last_new_item_at,
    f.next_fetch_at,
    coalesce(r.request_count, 0) AS request_count,
    coalesce(r.failed_request_count, 0) AS failed_request_count,
    coalesce(r.unchanged_request_count, 0) AS unchanged_request_count,
    coalesce(r.put_off_count, 0) AS put_off_count,
    r.last_outcome,
    r.median_ms,
    coalesce(t.article_count, 0) AS article_count,
    t.last_article_day,
    newest_day - t.last_article_day AS silent_days,
    t.last_published_at,
    coalesce(q.quarantined_count, 0) AS quarantined_count,
    q.most_frequent_reason
FROM ids
CROSS JOIN newest
LEFT JOIN sources AS s ON s.source_id = ids.source_id
LEFT JOIN feed_state AS f ON f.source_id = ids.source_id
LEFT JOIN requests AS r ON r.source_id = ids.source_id
LEFT JOIN stored AS t ON t.source_id = ids.source_id
LEFT JOIN refused AS q ON q.source_id = ids.source_id
