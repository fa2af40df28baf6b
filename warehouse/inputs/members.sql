-- The articles of the day's stories that the build looks at. One row: article_id.
-- reads: placings, story_ids, latest, earlier_citations
-- arguments: day, oldest, most
SELECT placings.article_id, placings.story_id, placings.event_id, placings.day
FROM placings JOIN story_ids USING (story_id) JOIN latest USING (article_id)
QUALIFY placings.day >= $oldest OR latest.edited IS NOT NULL
    OR placings.article_id IN (SELECT article_id FROM earlier_citations)
    OR row_number() OVER (PARTITION BY story_id, placings.day = $day ORDER BY placings.day DESC, article_id) <= $most
