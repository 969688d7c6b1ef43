-- instance-wide: the token says which workspace it is.
update sessions set expires_at = $2 where token_hash = $1
