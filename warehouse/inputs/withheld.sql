-- The day's articles that are kept without a line, copies left out: what they are held for, and by which signs. One row: article_id.
-- reads: versions, latest, duplicates
-- arguments: day
SELECT article_id, version, title, publisher, url, language, published_at, published_at_precision, content_kind AS kind,
       array_to_string(kind_evidence, '; ') AS evidence
FROM versions JOIN latest USING (article_id, version)
WHERE day = $day AND content_kind NOT IN ('news', 'live', 'withdrawn')
  AND article_id NOT IN (SELECT article_id FROM duplicates)
