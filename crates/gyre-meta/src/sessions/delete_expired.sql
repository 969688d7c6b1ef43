-- instance-wide: one sweep for all workspaces.
delete from sessions where expires_at <= $1
