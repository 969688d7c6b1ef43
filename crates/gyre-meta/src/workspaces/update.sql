update workspaces
set name = coalesce($2, name),
    timezone = coalesce($3, timezone),
    week_start = coalesce($4, week_start),
    currency = coalesce($5, currency)
where workspace_id = $1
returning *
