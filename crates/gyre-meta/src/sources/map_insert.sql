insert into source_maps (workspace_id, source_id, version, body, created_at)
values ($1, $2, $3, $4, $5)
