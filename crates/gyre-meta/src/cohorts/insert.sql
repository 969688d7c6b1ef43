insert into cohorts
    (workspace_id, id, name, kind, source, definition, created_by, created_at, updated_at, version, refresh_seq)
values ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1, 0)
returning *
