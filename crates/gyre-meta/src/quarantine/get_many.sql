select * from quarantine
where workspace_id = $1 and id in ({items})
