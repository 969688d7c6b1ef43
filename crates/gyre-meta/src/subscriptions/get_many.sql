select * from subscriptions
where workspace_id = $1 and channel = $2 and address in ({items})
