-- instance-wide: the token says which workspace it is.
select * from sessions where token_hash = $1 and expires_at > $2
