insert into keys (workspace_id, id, kind, name, hash, prefix, created_at, revoked_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
