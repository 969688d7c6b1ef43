select * from import_files
where workspace_id = $1
order by created_at, id
