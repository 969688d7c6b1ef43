select * from subscriptions where workspace_id = $1 and address = $2 order by channel
