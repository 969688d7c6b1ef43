insert into lookups (workspace_id, name, key_column, columns, file, row_count, byte_count, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (workspace_id, name) do update
set key_column = excluded.key_column, columns = excluded.columns, file = excluded.file,
    row_count = excluded.row_count, byte_count = excluded.byte_count, updated_at = excluded.updated_at
