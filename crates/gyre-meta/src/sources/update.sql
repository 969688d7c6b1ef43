update sources
set name = $3, is_enabled = $4, map_version = $5, map = $6, sealed = $7
where workspace_id = $1 and id = $2
returning *
