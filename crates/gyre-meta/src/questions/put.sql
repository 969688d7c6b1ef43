insert into questions (workspace_id, hash, body, created_at)
values ($1, $2, $3, $4)
on conflict (workspace_id, hash) do nothing
