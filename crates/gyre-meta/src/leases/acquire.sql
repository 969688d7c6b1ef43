-- instance-wide: leases divide work between processes.
insert into leases (name, owner, until, fence)
values ($1, $2, $3, 1)
on conflict (name) do update
set owner = excluded.owner, until = excluded.until, fence = leases.fence + 1
-- free, or ours from before a restart
where leases.until <= $4 or leases.owner = excluded.owner
returning *
