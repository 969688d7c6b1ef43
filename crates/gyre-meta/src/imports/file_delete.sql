delete from import_files
where workspace_id = $1 and id = $2
