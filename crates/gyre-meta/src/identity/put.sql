insert into identity_settings (workspace_id, device_rule, profile_rule, devices_per_week, blocked, updated_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (workspace_id) do update
set device_rule = excluded.device_rule,
    profile_rule = excluded.profile_rule,
    devices_per_week = excluded.devices_per_week,
    blocked = excluded.blocked,
    updated_at = excluded.updated_at
