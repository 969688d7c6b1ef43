select body from questions where workspace_id = $1 and hash = $2
