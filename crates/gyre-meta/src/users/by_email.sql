-- instance-wide: whoever signs in names an address, not a workspace.
select * from users where email = $1
