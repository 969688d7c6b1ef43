-- instance-wide: workers go through every workspace.
select * from workspaces order by created_at, workspace_id
