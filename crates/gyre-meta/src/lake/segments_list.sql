select * from segments where workspace_id = $1 order by time_min, id
