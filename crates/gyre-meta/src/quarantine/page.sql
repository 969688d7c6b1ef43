select * from quarantine
where workspace_id = $1 and (received_at, id) < ($2, $3)
order by received_at desc, id desc
limit $4
