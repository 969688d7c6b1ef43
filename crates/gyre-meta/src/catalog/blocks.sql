select * from catalog_blocks
where workspace_id = $1 and (until_at is null or until_at > $2)
order by event, property, from_at
