select * from people_deltas where workspace_id = $1 order by seq
