delete from quarantine
where workspace_id = $1 and reason = $2
