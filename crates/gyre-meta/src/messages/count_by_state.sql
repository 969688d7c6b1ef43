select campaign_id, state, count(*) as n from messages
where workspace_id = $1 and campaign_id = $2
group by campaign_id, state
order by state
