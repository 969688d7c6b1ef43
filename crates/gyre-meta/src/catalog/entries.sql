select * from catalog_entries
where workspace_id = $1
order by event, property
