insert into import_files (workspace_id, id, name, byte_count, content, created_at)
values ($1, $2, $3, $4, $5, $6)
