-- Articles that others carry too, with who carries them and how closely. One row: canonical_id.
-- reads: duplicates, articles
-- column day: The day of the canonical article.
-- column copy_count: Its copies. Unit: articles.
-- column publisher_count: Publishers of its copies; an unknown one counts by article. Unit: publishers.
-- column publishers: Their names, sorted.
-- column kinds: Kinds of copies among them (duplicates.kind), sorted.
-- column least_containment: The least containment among them. Unit: ratio.
-- column article_ids: The copies, earliest first.
WITH copies AS (
    SELECT d.canonical_id, d.article_id, d.kind, d.containment
    FROM duplicates AS d
    QUALIFY row_number() OVER (PARTITION BY d.article_id ORDER BY d.recorded_at DESC, d.canonical_id, d.kind) = 1
)
SELECT
    c.canonical_id,
    any_value(o.title) AS title,
    any_value(o.publisher) AS publisher,
    any_value(o.published_at) AS published_at,
    any_value(o.url) AS url,
    any_value(o.day) AS day,
    count(*) AS copy_count,
    count(DISTINCT coalesce(a.publisher, a.article_id)) AS publisher_count,
    list_sort(list(DISTINCT a.publisher) FILTER (WHERE a.publisher IS NOT NULL)) AS publishers,
    list_sort(list(DISTINCT c.kind)) AS kinds,
    min(c.containment) AS least_containment,
    list(c.article_id ORDER BY a.published_at, c.article_id) AS article_ids
FROM copies AS c
JOIN articles AS o ON o.article_id = c.canonical_id
JOIN articles AS a ON a.article_id = c.article_id
GROUP BY c.canonical_id
