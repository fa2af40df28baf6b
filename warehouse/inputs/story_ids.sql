-- Stories of the day: with a new article, an edited one, or a line that lost its ground. One row: story_id.
-- reads: placings, latest, earlier_citations
-- arguments: day
SELECT story_id FROM placings WHERE day = $day
UNION SELECT story_id FROM placings JOIN latest USING (article_id) WHERE edited = version
UNION SELECT story_id FROM earlier_citations
