-- What each story brought, day by day: the lines of the current digests, merges resolved. Weight is what the line's own build knew; later_mentions counts the later lines of the story that name the same day. One row: story_id, digest_date, development_id.
-- reads: digest_lines
-- column later_mentions: Later lines of the story that name the same day. Unit: lines.
SELECT
    l.story_id, l.digest_date, l.line_rank, l.kind, l.event_date, l.text, l.article_count, l.publisher_count, l.origin_count,
    l.weight,
    (
        SELECT count(*)
        FROM digest_lines AS later
        WHERE later.story_id = l.story_id
            AND later.digest_date > l.digest_date
            AND later.event_date = coalesce(l.event_date, l.digest_date)
    ) AS later_mentions,
    l.publisher, l.url, l.article_id, l.development_id, l.build_id
FROM digest_lines AS l
WHERE l.development_id IS NOT NULL
ORDER BY l.story_id, l.digest_date, l.line_rank
