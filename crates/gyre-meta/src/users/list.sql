select * from users where workspace_id = $1 order by created_at, id
