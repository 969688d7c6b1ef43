insert into workspaces (workspace_id, name, timezone, week_start, currency, created_at)
values ($1, $2, $3, $4, $5, $6)
