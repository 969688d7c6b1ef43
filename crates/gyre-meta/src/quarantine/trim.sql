delete from quarantine
where workspace_id = $1
  -- the newest row that is one too many, and everything older
  and (received_at, id) <= (
      select received_at, id from quarantine
      where workspace_id = $1
      order by received_at desc, id desc
      limit 1 offset $2
  )
