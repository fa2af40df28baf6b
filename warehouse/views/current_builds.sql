-- The build that counts for each day: the last final one, else the last provisional one. One row: digest_date.
-- reads: digest_builds
SELECT *
FROM digest_builds
QUALIFY row_number() OVER (
    PARTITION BY digest_date
    -- of builds as of an instant, one that was superseded later is still the final one
    ORDER BY status = 'final' DESC, status = 'superseded' DESC, built_at DESC, recorded_at DESC, build_id DESC
) = 1
