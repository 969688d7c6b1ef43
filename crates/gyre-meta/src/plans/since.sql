select * from plan_versions
where workspace_id = $1
  -- the version that holds at the instant, and everything later
  and version >= coalesce(
      (select max(version) from plan_versions where workspace_id = $1 and valid_from <= $2), 0
  )
order by version
