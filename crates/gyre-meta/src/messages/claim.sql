-- materialized: run once, or `limit` would hold for each run of the subquery
with due as materialized (
    -- answered from the index messages_due, in its order
    select id from messages
    where workspace_id = $1 and campaign_id = $2
      and state in ('planned', 'held') and due_at <= $3
    order by due_at, id
    limit $4
    -- a worker on PostgreSQL steps over the rows another one is taking, instead of waiting for nothing
    /*postgres for update skip locked postgres*/
)
update messages
set state = 'reserved', lease_owner = $5, lease_until = $6, updated_at = $3
where workspace_id = $1
  and state in ('planned', 'held')
  and id in (select id from due)
returning *
