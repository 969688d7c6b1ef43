update imports
set state = 'waiting', error_code = null, error_detail = null, finished_at = null
where workspace_id = $1 and id = $2 and state in ('cancelled', 'failed')
returning *
