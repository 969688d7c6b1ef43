-- instance-wide: the token says which workspace it is.
delete from sessions where token_hash = $1
