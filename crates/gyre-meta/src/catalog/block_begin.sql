insert into catalog_blocks (workspace_id, event, property, from_at)
values ($1, $2, $3, $4)
on conflict (workspace_id, event, property, from_at) do update set until_at = null
