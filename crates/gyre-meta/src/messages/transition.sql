update messages
set state = $6,
    lease_owner = case when $7 is null then null else lease_owner end,
    lease_until = $7,
    reason = coalesce($8, reason),
    attempt = coalesce($9, attempt),
    due_at = coalesce($10, due_at),
    provider_message_id = coalesce($11, provider_message_id),
    updated_at = $12
where workspace_id = $1 and id = $2
  -- $3 is a set of states, written `,reserved,handed_off,`
  and $3 like '%,' || state || ',%'
  and ($4 is null or lease_owner = $4)
  and ($5 = 0 or not exists (
      select 1 from subscriptions
      where subscriptions.workspace_id = messages.workspace_id
        and subscriptions.channel = messages.channel
        and subscriptions.address = messages.address
        and subscriptions.state = 'unsubscribed'
  ))
returning *
