select * from plan_versions
where workspace_id = $1
order by version desc
limit 1
