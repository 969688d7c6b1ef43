update quarantine set reason = $3, detail = $4
where workspace_id = $1 and id = $2
