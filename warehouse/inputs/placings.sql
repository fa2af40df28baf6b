-- Where each article stands, merges resolved, and the first day it was placed on. One row: article_id.
-- reads: story_articles, story_merges
SELECT placed.article_id, coalesce(merged.standing_id, placed.story_id) AS story_id, placed.event_id, placed.day
FROM (
    SELECT article_id, arg_max(story_id, (recorded_at, day)) AS story_id,
           arg_max(event_id, (recorded_at, day)) AS event_id, min(day) AS day
    FROM story_articles GROUP BY article_id
) AS placed LEFT JOIN story_merges AS merged USING (story_id)
