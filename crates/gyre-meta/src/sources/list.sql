select * from sources
where workspace_id = $1
order by created_at, id
