select * from campaigns where workspace_id = $1 order by created_at desc, id
