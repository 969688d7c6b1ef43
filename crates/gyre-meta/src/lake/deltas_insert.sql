insert into people_deltas (workspace_id, seq, file, byte_count) values {rows}
