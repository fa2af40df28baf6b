-- Who was first with each story, and how long after came the second publisher?
SELECT s.headline,
       arg_min(c.publisher, c.first_published_at) AS first_publisher,
       min(c.first_published_at) AS first_published_at,
       list_sort(list(c.first_published_at))[2] - min(c.first_published_at) AS lead
FROM stories AS s
JOIN story_sources AS c USING (story_id)
WHERE c.first_published_at IS NOT NULL
GROUP BY s.story_id, s.headline
HAVING count(*) > 1
ORDER BY lead DESC;
