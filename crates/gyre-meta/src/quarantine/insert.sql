insert into quarantine (workspace_id, id, received_at, dialect, reason, detail, raw)
values {rows}
on conflict (workspace_id, id) do nothing
