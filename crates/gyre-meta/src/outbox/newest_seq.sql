-- instance-wide: one order for all workspaces. Two transactions may take the same number; the id then decides.
select coalesce(max(seq), 0) as n from outbox
