insert into sessions (token_hash, workspace_id, user_id, csrf, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6)
