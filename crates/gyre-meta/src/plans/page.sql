select * from plan_versions
where workspace_id = $1 and version < $2
order by version desc
limit $3
