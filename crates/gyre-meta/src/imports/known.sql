select * from imports
where workspace_id = $1 and content = $2 and state = 'done' and id <> $3
order by created_at
limit 1
