select * from messages
where workspace_id = $1 and person in ({items}) and (planned_at, id) < ($3, $4)
order by planned_at desc, id desc
limit $2
