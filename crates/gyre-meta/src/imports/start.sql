update imports
set state = 'running', started_at = coalesce(started_at, $3)
where workspace_id = $1 and id = $2 and state in ('waiting', 'running')
returning *
