insert into subscriptions (workspace_id, channel, address, state, source, updated_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (workspace_id, channel, address) do update
set state = excluded.state, source = excluded.source, updated_at = excluded.updated_at
-- feedback may arrive out of order: what the address said last stands
where subscriptions.updated_at <= excluded.updated_at
