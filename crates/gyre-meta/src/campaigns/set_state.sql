update campaigns
set state = $4,
    updated_at = $5,
    dispatch_id = coalesce($6, dispatch_id),
    launched_at = coalesce($7, launched_at),
    finished_at = coalesce($8, finished_at),
    version = version + 1
where workspace_id = $1 and id = $2
  -- $3 is a set of states, written `,draft,paused,`
  and $3 like '%,' || state || ',%'
returning *
