select campaign_id, state, count(*) as n from messages
where workspace_id = $1
group by campaign_id, state
order by campaign_id, state
