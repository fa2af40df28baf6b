-- Is every quote, letter for letter, what the cited version says? Rows are lines that fail: there should be none.
SELECT c.build_id, c.development_id, c.n, c.quote,
       substr(v.text, c.char_start + 1, c.char_end - c.char_start) AS says
FROM citations AS c
LEFT JOIN article_versions AS v ON v.article_id = c.article_id AND v.version = c.version
WHERE substr(v.text, c.char_start + 1, c.char_end - c.char_start) IS DISTINCT FROM c.quote;
