update imports
-- the secret of a source outlives an import only as long as it may be resumed
set state = $3, error_code = $4, error_detail = $5, finished_at = $6,
    rows_accepted = rows_accepted + $7, rows_repeated = rows_repeated + $8, rows_rejected = rows_rejected + $9,
    sealed = case when $3 = 'done' then null else sealed end
where workspace_id = $1 and id = $2 and state in ('waiting', 'running')
returning *
