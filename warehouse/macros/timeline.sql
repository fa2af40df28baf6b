-- The timeline of a story as it stood at the end of a day: lines up to then, and of the later mentions those up to then: timeline('…', '2026-03-04').
-- reads: digest_lines, story_merges
-- arguments: id, as_of
-- column later_mentions: Later lines of the story, up to `as_of`, that name the same day. Unit: lines.
SELECT
    l.digest_date, l.line_rank, l.kind, l.event_date, l.text, l.origin_count, l.weight,
    (
        SELECT count(*)
        FROM digest_lines AS later
        WHERE later.story_id = l.story_id
            AND later.digest_date > l.digest_date
            AND later.digest_date <= CAST(as_of AS DATE)
            AND later.event_date = coalesce(l.event_date, l.digest_date)
    ) AS later_mentions,
    l.article_id, l.development_id
FROM digest_lines AS l
WHERE l.development_id IS NOT NULL AND l.story_id = coalesce((SELECT gone.standing_id FROM story_merges AS gone WHERE gone.story_id = id), id)
    AND l.digest_date <= CAST(as_of AS DATE)
ORDER BY l.digest_date, l.line_rank
