select * from lookups
where workspace_id = $1
order by name
