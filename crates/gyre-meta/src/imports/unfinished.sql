-- instance-wide: one worker runs the imports of every workspace.
select * from imports
where state in ('waiting', 'running')
order by created_at, id
limit $1
