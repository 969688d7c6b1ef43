update campaigns
set name = $4, definition = $5, updated_at = $6, version = version + 1
where workspace_id = $1 and id = $2 and state = 'draft' and version = $3
returning *
