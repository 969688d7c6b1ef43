update cohorts
set refresh_seq = refresh_seq + 1,
    refresh_error = $3,
    -- a failed refresh ($4 is null) leaves what the last good one found
    size = coalesce($4, size),
    refreshed_at = case when $4 is null then refreshed_at else $5 end,
    refreshed_data_version = case when $4 is null then refreshed_data_version else $6 end
where workspace_id = $1 and id = $2 and deleted_at is null
returning *
