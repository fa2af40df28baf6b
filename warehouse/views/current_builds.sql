-- The build that counts for each day: the final one, else the last one made. One row: digest_date.
-- reads: digest_builds
-- column day: The digest's date.
SELECT *
FROM digest_builds
QUALIFY row_number() OVER (
    PARTITION BY digest_date
    -- a preview beside a superseded build was made after the day was opened again
    ORDER BY status = 'final' DESC, built_at DESC, recorded_at DESC, status = 'provisional' DESC, build_id DESC
) = 1
