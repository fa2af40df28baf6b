-- Happenings: tight clusters of articles within a story. One row: event_id.
-- reads: story_members
SELECT
    event_id,
    any_value(story_id) AS story_id,
    arg_min(title, coalesce(published_at, day::TIMESTAMPTZ)) AS title,
    min(day) AS first_day,
    max(day) AS last_day,
    min(published_at) AS first_published_at,
    count(*) AS article_count,
    count(DISTINCT coalesce(publisher, article_id)) AS publisher_count,
    count(DISTINCT coalesce(publisher, article_id)) FILTER (WHERE NOT is_copy) AS origin_count
FROM story_members
GROUP BY event_id
