select * from source_slots
where workspace_id = $1 and slot >= $2
order by source_id, slot
