-- instance-wide: workers look after the campaigns of all workspaces.
select * from campaigns where state = $1
