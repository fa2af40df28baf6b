-- Articles that hold all the words, in title or text, letter case and accents aside: search('harbour bridge'). Titles first, then the newest.
-- reads: articles, story_members
-- arguments: words
-- column excerpt: Some 200 characters around the first word, on one line.
-- column is_copy: Whether it is a copy of another article.
-- column day: The article's day.
-- column story_id: Its story (story_members.story_id). Null: in none.
WITH wanted AS (
    SELECT list_filter(string_split_regex(strip_accents(lower(words)), '\s+'), lambda w: w <> '') AS terms
),
looked AS (
    SELECT
        a.article_id,
        a.day,
        a.published_at,
        a.publisher,
        a.title,
        a.url,
        a.text,
        a.duplicate_of,
        strip_accents(lower(coalesce(a.title, ''))) AS plain_title,
        strip_accents(lower(a.text)) AS plain_text
    FROM articles AS a
),
hits AS (
    SELECT
        l.*,
        len(list_filter(t.terms, lambda w: contains(l.plain_title, w))) AS title_hits,
        strpos(l.plain_text, t.terms[1]) AS position
    FROM looked AS l
    CROSS JOIN wanted AS t
    WHERE len(t.terms) > 0
        AND len(list_filter(t.terms, lambda w: contains(l.plain_title, w) OR contains(l.plain_text, w))) = len(t.terms)
)
SELECT
    h.article_id,
    h.day,
    h.published_at,
    h.publisher,
    h.title,
    trim(regexp_replace(substr(h.text, greatest(1, h.position - 60), 200), '\s+', ' ', 'g')) AS excerpt,
    m.story_id,
    h.duplicate_of IS NOT NULL AS is_copy,
    h.url
FROM hits AS h
LEFT JOIN story_members AS m ON m.article_id = h.article_id
ORDER BY h.title_hits DESC, coalesce(h.published_at, h.day::TIMESTAMPTZ) DESC, h.article_id
