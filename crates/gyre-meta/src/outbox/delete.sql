delete from outbox where (workspace_id, id) in (values {rows})
