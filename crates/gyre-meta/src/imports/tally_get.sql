select * from import_tallies
where workspace_id = $1 and import_id = $2
