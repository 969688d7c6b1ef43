insert into channels (workspace_id, channel, config, updated_at)
values ($1, $2, $3, $4)
on conflict (workspace_id, channel) do update
set config = excluded.config, updated_at = excluded.updated_at
