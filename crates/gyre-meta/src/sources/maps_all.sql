-- instance-wide: the one reader of the log reads the payloads of every workspace.
select * from source_maps
order by source_id, version
