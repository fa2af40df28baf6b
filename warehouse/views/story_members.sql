-- Articles of each story, merges resolved: those the clustering placed, and their copies. One row: article_id.
-- reads: story_articles, story_merges, articles
-- column is_copy: Whether it stands here as a copy of a placed article.
-- column copy_of: That article. Null: placed itself.
-- column similarity: To the story when it was placed, from story_articles. Unit: ratio. Null: a copy.
-- column placed_in_story_id: The story that it was placed in, before any merge.
-- column placed_day: The day on which it was placed.
-- column day: The article's day.
WITH placed AS (
    SELECT s.article_id, s.story_id, s.event_id, s.similarity, s.day AS placed_day
    FROM story_articles AS s
    QUALIFY row_number() OVER (PARTITION BY s.article_id ORDER BY s.recorded_at DESC, s.day DESC) = 1
),
members AS (
    SELECT article_id, NULL AS copy_of, story_id, event_id, similarity, placed_day FROM placed
    UNION ALL
    SELECT a.article_id, p.article_id, p.story_id, p.event_id, NULL, p.placed_day
    FROM articles AS a
    JOIN placed AS p ON p.article_id = a.duplicate_of
    WHERE a.article_id NOT IN (SELECT article_id FROM placed)
)
SELECT
    coalesce(g.standing_id, m.story_id) AS story_id,
    m.event_id,
    m.article_id,
    m.copy_of IS NOT NULL AS is_copy,
    m.copy_of,
    m.similarity,
    m.story_id AS placed_in_story_id,
    m.placed_day,
    a.day,
    a.published_at,
    a.publisher,
    a.title,
    a.url,
    a.language,
    a.source_id
FROM members AS m
LEFT JOIN story_merges AS g ON g.story_id = m.story_id
JOIN articles AS a ON a.article_id = m.article_id
