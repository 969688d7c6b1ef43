select * from workspaces where workspace_id = $1
