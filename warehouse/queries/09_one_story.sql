-- How did the story with the most lines unfold?
SELECT t.digest_date, t.kind, t.event_date, t.text, t.publisher
FROM story_timeline AS t
WHERE t.story_id = (SELECT story_id FROM story_timeline GROUP BY story_id ORDER BY count(*) DESC, story_id LIMIT 1)
ORDER BY t.digest_date, t.line_rank;
