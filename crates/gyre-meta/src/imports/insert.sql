insert into imports (
    workspace_id, id, name, request, sealed, content, state, part, part_row, part_byte, bytes_read, bytes_total,
    rows_read, rows_accepted, rows_rejected, rows_repeated, rejects_bytes, created_at, created_by
)
values ($1, $2, $3, $4, $5, $6, 'waiting', 0, 0, 0, 0, $7, 0, 0, 0, 0, 0, $8, $9)
