select * from imports
where workspace_id = $1 and (created_at, id) < ($2, $3)
order by created_at desc, id desc
limit $4
