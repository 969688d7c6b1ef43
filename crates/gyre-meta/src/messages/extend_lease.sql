update messages set lease_until = $4
where workspace_id = $1 and id = $2 and lease_owner = $3 and lease_until < $4
