-- instance-wide: one relay appends the events of all workspaces.
select * from outbox order by seq, id limit $1
