-- instance-wide: one refresher goes through the cohorts of all workspaces.
select * from cohorts
where kind = 'live' and deleted_at is null
order by coalesce(refreshed_at, 0), id
