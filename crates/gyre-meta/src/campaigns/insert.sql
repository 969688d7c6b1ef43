insert into campaigns
    (workspace_id, id, name, state, definition, dispatch_id, planned_all,
     created_at, updated_at, launched_at, finished_at, version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
