select * from cohorts
where workspace_id = $1 and deleted_at is null
order by created_at desc, id
