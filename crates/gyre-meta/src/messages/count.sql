select variant, state, reason, count(*) as n from messages
where workspace_id = $1 and campaign_id = $2
group by variant, state, reason
order by variant, state, reason
