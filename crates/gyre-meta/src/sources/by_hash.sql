-- instance-wide: the secret in an address is all that says whose source it is.
select * from sources
where hash = $1
