-- instance-wide: there is one log.
select * from lake_checkpoint where id = 1
