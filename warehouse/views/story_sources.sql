-- Who reports each story, who was first, and how much of it is copied. One row: story_id, publisher (null: unknown).
-- reads: story_members
-- column article_count: Its articles in the story, copies among them. Unit: articles.
-- column copy_count: Of these, copies. Unit: articles.
-- column first_published_at: Its earliest publication time. Null: none is known.
-- column last_published_at: Its latest publication time. Null: none is known.
-- column is_first: Whether no publisher of the story has an earlier time. Null: its times are not known.
-- column first_day: The first day of its articles.
-- column last_day: The last day of its articles.
SELECT
    story_id,
    publisher,
    count(*) AS article_count,
    count(*) FILTER (WHERE is_copy) AS copy_count,
    min(published_at) AS first_published_at,
    max(published_at) AS last_published_at,
    min(published_at) = min(min(published_at)) OVER (PARTITION BY story_id) AS is_first,
    min(day) AS first_day,
    max(day) AS last_day
FROM story_members
GROUP BY story_id, publisher
