select reason, count(*) as n from quarantine
where workspace_id = $1
group by reason
order by n desc, reason
