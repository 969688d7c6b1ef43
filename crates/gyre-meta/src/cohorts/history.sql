select as_of, size, error from cohort_refreshes
where workspace_id = $1 and cohort_id = $2
order by seq desc
limit $3
