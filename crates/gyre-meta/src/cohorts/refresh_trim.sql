delete from cohort_refreshes
where workspace_id = $1 and cohort_id = $2 and seq <= $3
  -- the members in use stay however old they are
  and members is null
