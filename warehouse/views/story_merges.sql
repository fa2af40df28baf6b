-- Where a story that was merged away stands now, through any number of merges: of each story its latest merge counts, and
-- a circle ends before it closes. One row: story_id.
-- reads: story_lineage
-- column story_id: A story that was merged away.
-- column standing_id: The story in which it stands now.
WITH RECURSIVE merges AS (
    SELECT l.from_story_id, arg_max(l.to_story_id, (l.day, l.recorded_at, l.to_story_id)) AS to_story_id
    FROM story_lineage AS l
    WHERE l.kind = 'merge'
    GROUP BY l.from_story_id
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
