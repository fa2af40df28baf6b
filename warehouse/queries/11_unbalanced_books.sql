-- Do the books balance? Rows are stages whose outcomes do not add up to what came in: there should be none.
SELECT run_id, stage, source_id, received, "new" + updated + unchanged + duplicates + quarantined + failed AS settled
FROM stage_counts
WHERE received <> "new" + updated + unchanged + duplicates + quarantined + failed;
