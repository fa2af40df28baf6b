-- The day's stories with what is last known of each. One row: story_id.
-- reads: story_ids, facts
SELECT
    story_id,
    headline,
    language,
    coalesce(article_count, 0) AS article_count,
    coalesce(publisher_count, 0) AS publisher_count,
    coalesce(origin_count, 0) AS origin_count
FROM story_ids
LEFT JOIN facts USING (story_id)
