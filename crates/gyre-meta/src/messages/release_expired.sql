-- instance-wide: one sweep for all workspaces.
-- materialized: run once, or `limit` would hold for each run of the subquery
with ended as materialized (
    select workspace_id, id from messages
    where state in ('reserved', 'handed_off') and lease_until <= $1
    order by lease_until
    limit $2
    /*postgres for update skip locked postgres*/
)
update messages
set reason = case state when 'reserved' then reason else 'answer-lost' end,
    state = case state when 'reserved' then 'planned' else 'unknown' end,
    lease_owner = null,
    lease_until = null,
    updated_at = $1
where state in ('reserved', 'handed_off')
  and lease_until <= $1
  and (workspace_id, id) in (select workspace_id, id from ended)
returning *
