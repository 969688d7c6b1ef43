-- The catalogue's own words about events and properties, and the tracking plan with its versions.

-- `property` is empty for the event itself; `event` is empty for a property of all events.
create table catalog_entries (
    workspace_id text not null,
    event text not null,
    property text not null,
    display_name text,
    description text,
    owner text,
    tags text not null,
    hidden bigint not null,
    blocked bigint not null,
    merge_into text,
    updated_at bigint not null,
    constraint catalog_entries_pkey primary key (workspace_id, event, property)
);

-- When an event or a property was blocked: records that arrived within [from_at, until_at) are kept out, also when
-- the log is read again later.
create table catalog_blocks (
    workspace_id text not null,
    event text not null,
    property text not null,
    from_at bigint not null,
    until_at bigint,
    constraint catalog_blocks_pkey primary key (workspace_id, event, property, from_at)
);

-- A version holds for records that arrived at or after `valid_from`, until the next one does.
create table plan_versions (
    workspace_id text not null,
    version bigint not null,
    valid_from bigint not null,
    body text not null,
    created_at bigint not null,
    created_by text,
    constraint plan_versions_pkey primary key (workspace_id, version)
);

create index quarantine_reason on quarantine (workspace_id, reason, received_at, id);
