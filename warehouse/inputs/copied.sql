-- The copies of these articles. One row: article_id, canonical_id.
-- reads: duplicates, members
SELECT DISTINCT duplicates.article_id, canonical_id
FROM duplicates JOIN members ON members.article_id = duplicates.canonical_id
WHERE canonical_id <> duplicates.article_id
