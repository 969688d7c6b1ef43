insert into cohort_refreshes
    (workspace_id, cohort_id, seq, as_of, data_version, size, members, error)
values ($1, $2, $3, $4, $5, $6, $7, $8)
