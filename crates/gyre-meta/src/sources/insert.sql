insert into sources (
    workspace_id, id, name, kind, preset, hash, prefix, map_version, map, sealed, is_enabled, created_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
