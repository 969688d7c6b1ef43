delete from lookups
where workspace_id = $1 and name = $2
returning *
