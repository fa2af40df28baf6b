-- Their citations of articles that have changed since, unless that was noticed already. One row: build_id, development_id, n.
-- reads: citations, told, earlier_lines, latest, placings, corrections
-- arguments: day, as_of
SELECT build_id, development_id, line.digest_date, placings.story_id, placings.event_id, n, article_id,
       citations.version, quote
FROM citations
JOIN told USING (build_id)
JOIN earlier_lines AS line USING (build_id, development_id)
JOIN latest USING (article_id)
JOIN placings USING (article_id)
WHERE latest.version > citations.version
  AND NOT EXISTS (
      SELECT 1 FROM corrections AS noticed
      WHERE noticed.build_id = citations.build_id AND noticed.development_id = citations.development_id
        AND noticed.article_id = citations.article_id AND noticed.day < $day AND noticed.recorded_at <= $as_of
  )
