select * from messages
where workspace_id = $1 and campaign_id = $2 and state = $5 and id > $4
order by id
limit $3
