insert into segments
    (workspace_id, id, file, row_count, byte_count, time_min, time_max, created_position)
values {rows}
