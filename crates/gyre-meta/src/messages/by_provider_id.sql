select * from messages
where workspace_id = $1 and provider_message_id = $2
order by id
limit 1
