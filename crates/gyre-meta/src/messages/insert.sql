insert into messages
    (workspace_id, id, campaign_id, dispatch_id, variant, person, external_id, channel, address,
     state, reason, attempt, lease_owner, lease_until, due_at, provider_message_id, planned_at, updated_at)
values {rows}
-- a planner that runs again makes the same ids: what became of them since stands
on conflict (workspace_id, id) do nothing
returning id
