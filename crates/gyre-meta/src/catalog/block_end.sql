update catalog_blocks set until_at = $4
where workspace_id = $1 and event = $2 and property = $3 and until_at is null
