insert into import_tallies (workspace_id, import_id, counted_to, accepted, repeated, refused)
values ($1, $2, $3, $4, $5, $6)
on conflict (workspace_id, import_id) do update
set counted_to = excluded.counted_to, accepted = excluded.accepted, repeated = excluded.repeated,
    refused = excluded.refused
