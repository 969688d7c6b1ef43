insert into users (workspace_id, id, email, name, role, password_hash, created_at)
values ($1, $2, $3, $4, $5, $6, $7)
