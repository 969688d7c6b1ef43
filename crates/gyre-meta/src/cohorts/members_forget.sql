update cohort_refreshes set members = null
where workspace_id = $1 and cohort_id = $2 and members is not null
