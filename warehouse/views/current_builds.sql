-- The build that counts for each day: the last final one, else the last provisional one. One row: digest_date.
-- reads: digest_builds
SELECT *
FROM digest_builds
WHERE status <> 'superseded'
QUALIFY row_number() OVER (
    PARTITION BY digest_date ORDER BY status = 'final' DESC, built_at DESC, recorded_at DESC, build_id
) = 1
