-- Where a story that was merged away stands now, through any number of merges. One row: story_id.
-- reads: story_lineage
WITH RECURSIVE merges AS (
    SELECT l.from_story_id, l.to_story_id
    FROM story_lineage AS l
    WHERE l.kind = 'merge'
    QUALIFY row_number() OVER (PARTITION BY l.from_story_id ORDER BY l.day DESC, l.recorded_at DESC, l.to_story_id) = 1
),
ways AS (
    SELECT from_story_id AS story_id, to_story_id AS reached_id, [from_story_id, to_story_id] AS steps
    FROM merges
    UNION ALL
    SELECT ways.story_id, merges.to_story_id, list_append(ways.steps, merges.to_story_id)
    FROM ways
    JOIN merges ON merges.from_story_id = ways.reached_id
    WHERE NOT list_contains(ways.steps, merges.to_story_id)
)
SELECT story_id, arg_max(reached_id, len(steps)) AS standing_id
FROM ways
GROUP BY story_id
