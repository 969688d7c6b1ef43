-- What a workspace decides about identity; without a row the defaults hold. `blocked` is a JSON list of patterns.
create table identity_settings (
    workspace_id text not null,
    device_rule text not null,
    profile_rule text not null,
    devices_per_week bigint,
    blocked text not null,
    updated_at bigint not null,
    constraint identity_settings_pkey primary key (workspace_id),
    constraint identity_settings_workspace_fkey foreign key (workspace_id) references workspaces (workspace_id)
);
