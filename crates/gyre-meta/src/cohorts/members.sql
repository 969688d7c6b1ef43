select as_of, data_version, members from cohort_refreshes
where workspace_id = $1 and cohort_id = $2 and members is not null
order by seq desc
limit 1
