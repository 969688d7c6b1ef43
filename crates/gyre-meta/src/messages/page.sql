select * from messages
where workspace_id = $1 and campaign_id = $2 and (state, id) > ($5, $4)
order by state, id
limit $3
