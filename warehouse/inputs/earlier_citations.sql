-- Their citations of articles that an edit has changed since, unless that was noticed already. A version that came after
-- a citation is looked at by the first final digest of a later day that knows it, and by no other: so an edit under which
-- the quote still stands is done with, and its story is not listed day after day. One row: build_id, development_id, n.
-- reads: citations, told, earlier_lines, latest, placings, versions, corrections
-- arguments: day, as_of
SELECT DISTINCT build_id, development_id, line.digest_date, placings.story_id, placings.event_id, n, article_id,
       citations.version, quote
FROM citations
JOIN told USING (build_id)
JOIN earlier_lines AS line USING (build_id, development_id)
JOIN latest USING (article_id)
JOIN placings USING (article_id)
JOIN versions AS later USING (article_id)
WHERE later.version > citations.version AND later.cause = 'edit' AND latest.last_edit > citations.version
  AND quote <> ''
  AND NOT EXISTS (
      SELECT 1 FROM told AS looked
      WHERE looked.told_day > line.digest_date
        AND looked.told_day >= later.version_day AND looked.told_at >= later.recorded_at
  )
  AND NOT EXISTS (
      SELECT 1 FROM corrections AS noticed
      WHERE noticed.build_id = citations.build_id AND noticed.development_id = citations.development_id
        AND noticed.article_id = citations.article_id AND noticed.day < $day AND noticed.recorded_at <= $as_of
  )
