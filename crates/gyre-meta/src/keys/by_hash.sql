-- instance-wide: the key says which workspace it is.
select * from keys where hash = $1 and revoked_at is null
