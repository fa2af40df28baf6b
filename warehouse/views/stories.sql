-- Stories as they stand: the last clustered day of each, stories that were merged away left out. One row: story_id.
-- reads: story_days, story_merges
-- column first_day: The first day it was clustered on.
-- column last_day: The last one, whose counts these are.
-- column last_active_day: The last day on which it was active. Null: never.
-- column merged_story_ids: Stories that were merged into it, sorted; empty for none.
WITH merged AS (
    SELECT standing_id, list_sort(list(story_id)) AS merged_story_ids FROM story_merges GROUP BY standing_id
)
SELECT
    d.story_id,
    d.headline,
    d.status,
    d.event_count,
    d.article_count,
    d.publisher_count,
    d.origin_count,
    d.language,
    min(d.day) OVER (PARTITION BY d.story_id) AS first_day,
    d.day AS last_day,
    max(d.day) FILTER (WHERE d.status = 'active') OVER (PARTITION BY d.story_id) AS last_active_day,
    d.first_seen_at,
    d.last_seen_at,
    coalesce(m.merged_story_ids, []) AS merged_story_ids
FROM story_days AS d
LEFT JOIN merged AS m ON m.standing_id = d.story_id
WHERE d.story_id NOT IN (SELECT story_id FROM story_merges)
QUALIFY row_number() OVER (PARTITION BY d.story_id ORDER BY d.day DESC, d.recorded_at DESC) = 1
