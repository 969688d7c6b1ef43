insert into plan_versions (workspace_id, version, valid_from, body, created_at, created_by)
select $1, $2, $3, $4, $5, $6
-- the version is the next one, or nothing is written
where $2 = 1 + coalesce((select max(version) from plan_versions where workspace_id = $1), 0)
