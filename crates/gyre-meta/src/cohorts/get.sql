select * from cohorts where workspace_id = $1 and id = $2 and deleted_at is null
