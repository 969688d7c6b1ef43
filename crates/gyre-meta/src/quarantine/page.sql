select * from quarantine
where workspace_id = $1 and (received_at, id) < ($2, $3)
  -- an empty text asks for any
  and ($5 = '' or reason = $5)
  and ($6 = '' or dialect = $6)
  and received_at >= $7
order by received_at desc, id desc
limit $4
