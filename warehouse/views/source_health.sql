-- How each source does: its last answers, and what the last seven stored days brought. One row: source_id.
-- reads: sources, feed_state, fetches, articles, quarantine
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
            arg_max(outcome, requested_at) FILTER (WHERE purpose IN ('feed', 'sitemap')),
            arg_max(outcome, requested_at)
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
    SELECT source_id, count(*) AS quarantined_count, mode(reason) AS most_frequent_reason
    FROM quarantine, newest
    WHERE day > newest_day - 7
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
