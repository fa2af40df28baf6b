-- Happenings: tight clusters of articles within a story. One row: event_id.
-- reads: story_members
-- column title: The title of its earliest article.
-- column first_day: The first day of its articles.
-- column last_day: The last day of its articles.
-- column first_published_at: The earliest publication time among its articles. Null: none is known.
-- column article_count: Its articles, copies among them. Unit: articles.
-- column publisher_count: Who carries it; an article of an unknown publisher counts as one. Unit: publishers.
-- column origin_count: Of these, publishers with an article that is no copy. Unit: publishers.
SELECT
    event_id,
    any_value(story_id) AS story_id,
    arg_min(title, (coalesce(published_at, day::TIMESTAMPTZ), article_id)) AS title,
    min(day) AS first_day,
    max(day) AS last_day,
    min(published_at) AS first_published_at,
    count(*) AS article_count,
    count(DISTINCT coalesce(publisher, article_id)) AS publisher_count,
    count(DISTINCT coalesce(publisher, article_id)) FILTER (WHERE NOT is_copy) AS origin_count
FROM story_members
GROUP BY event_id
