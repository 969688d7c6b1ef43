insert into outbox (workspace_id, id, seq, body, created_at)
values {rows}
on conflict (workspace_id, id) do nothing
