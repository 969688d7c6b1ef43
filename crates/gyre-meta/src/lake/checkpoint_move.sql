-- instance-wide: there is one log.
update lake_checkpoint set log_position = $2, version = version + 1
where id = 1 and log_position = $1
returning *
