select * from channels where workspace_id = $1 and channel = $2
