delete from people_deltas where workspace_id = $1 and seq in ({items})
