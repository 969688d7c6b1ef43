-- instance-wide: leases divide work between processes.
update leases set until = $4
where name = $1 and owner = $2 and fence = $3
