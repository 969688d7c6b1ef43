update imports
set part = $3, part_row = $4, part_byte = $5, bytes_read = $6, bytes_total = $7, rows_read = $8, rows_accepted = $9,
    rows_rejected = $10, rows_repeated = $11, rejects_bytes = $12, content = $13
-- a job that was cancelled meanwhile goes no further
where workspace_id = $1 and id = $2 and state = 'running'
