update keys
set revoked_at = coalesce(revoked_at, $3)
where workspace_id = $1 and id = $2
returning *
