-- instance-wide: files of every workspace grow old.
select * from import_files
where created_at < $1
order by created_at
limit 1000
