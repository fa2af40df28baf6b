-- Which stories have the most independent origins, and how much of their coverage is copied?
SELECT s.headline, s.status, s.first_day, s.last_day, s.article_count, s.origin_count,
       round(sum(c.copy_count) / sum(c.article_count), 2) AS copied_share
FROM stories AS s
JOIN story_sources AS c USING (story_id)
GROUP BY ALL
ORDER BY s.origin_count DESC, s.article_count DESC
LIMIT 20;
