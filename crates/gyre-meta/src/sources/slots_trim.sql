delete from source_slots
where workspace_id = $1 and slot < $2
