update cohorts
set deleted_at = $3, updated_at = $3, version = version + 1
where workspace_id = $1 and id = $2 and deleted_at is null
