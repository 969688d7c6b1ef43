select count(*) as n from imports
where workspace_id = $1 and state in ('waiting', 'running')
