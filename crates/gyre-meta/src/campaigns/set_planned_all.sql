update campaigns
set planned_all = 1, updated_at = $3, version = version + 1
where workspace_id = $1 and id = $2
