-- What each story brought, day by day: the lines of the current digests, merges resolved. One row: story_id, digest_date, development_id.
-- reads: digest_lines
SELECT
    story_id, digest_date, line_rank, kind, event_date, text, article_count, publisher_count, origin_count,
    publisher, url, article_id, development_id, build_id
FROM digest_lines
WHERE development_id IS NOT NULL
ORDER BY story_id, digest_date, line_rank
