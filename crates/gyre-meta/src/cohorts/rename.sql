update cohorts
set name = $3, updated_at = $4, version = version + 1
where workspace_id = $1 and id = $2 and deleted_at is null
returning *
