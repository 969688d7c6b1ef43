-- First schema. One text for SQLite and PostgreSQL: text, bigint and double precision columns only.
-- Ids are UUID text, instants are milliseconds UTC, truth values are 0 or 1, documents are JSON text.
-- Every primary key begins with workspace_id; a table marked "instance-wide" says why it does not.

create table workspaces (
    workspace_id text not null,
    name text not null,
    timezone text not null,
    week_start text not null,
    currency text not null,
    created_at bigint not null,
    constraint workspaces_pkey primary key (workspace_id)
);

create table users (
    workspace_id text not null,
    id text not null,
    email text not null,
    name text not null,
    role text not null,
    password_hash text not null,
    created_at bigint not null,
    constraint users_pkey primary key (workspace_id, id),
    constraint users_workspace_fkey foreign key (workspace_id) references workspaces (workspace_id)
);
-- Signing in names an address only, so an address belongs to one user of the whole instance.
create unique index users_email_key on users (email);

-- instance-wide: a session is found by its token before the workspace is known.
create table sessions (
    token_hash text not null,
    workspace_id text not null,
    user_id text not null,
    csrf text not null,
    created_at bigint not null,
    expires_at bigint not null,
    constraint sessions_pkey primary key (token_hash),
    constraint sessions_user_fkey foreign key (workspace_id, user_id) references users (workspace_id, id)
);
create index sessions_expires_at on sessions (expires_at);

create table keys (
    workspace_id text not null,
    id text not null,
    kind text not null,
    name text not null,
    hash text not null,
    prefix text not null,
    created_at bigint not null,
    revoked_at bigint,
    constraint keys_pkey primary key (workspace_id, id),
    constraint keys_workspace_fkey foreign key (workspace_id) references workspaces (workspace_id)
);
create unique index keys_hash_key on keys (hash);

create table channels (
    workspace_id text not null,
    channel text not null,
    config text not null,
    updated_at bigint not null,
    constraint channels_pkey primary key (workspace_id, channel)
);

create table cohorts (
    workspace_id text not null,
    id text not null,
    name text not null,
    kind text not null,
    source text not null,
    definition text,
    created_by text,
    created_at bigint not null,
    updated_at bigint not null,
    deleted_at bigint,
    version bigint not null,
    -- the newest attempt to refresh, and what the newest good one found
    refresh_seq bigint not null,
    refresh_error text,
    refreshed_at bigint,
    refreshed_data_version bigint,
    size bigint,
    constraint cohorts_pkey primary key (workspace_id, id)
);
create index cohorts_created_at on cohorts (workspace_id, created_at, id);

create table cohort_refreshes (
    workspace_id text not null,
    cohort_id text not null,
    seq bigint not null,
    as_of bigint not null,
    data_version bigint not null,
    size bigint,
    members text,
    error text,
    constraint cohort_refreshes_pkey primary key (workspace_id, cohort_id, seq),
    constraint cohort_refreshes_cohort_fkey foreign key (workspace_id, cohort_id) references cohorts (workspace_id, id)
);

create table campaigns (
    workspace_id text not null,
    id text not null,
    name text not null,
    state text not null,
    definition text not null,
    dispatch_id text,
    planned_all bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    launched_at bigint,
    finished_at bigint,
    version bigint not null,
    constraint campaigns_pkey primary key (workspace_id, id)
);
create index campaigns_created_at on campaigns (workspace_id, created_at, id);
create index campaigns_state on campaigns (state);

create table messages (
    workspace_id text not null,
    id text not null,
    campaign_id text not null,
    dispatch_id text not null,
    variant text not null,
    person bigint not null,
    external_id text,
    channel text not null,
    address text,
    state text not null,
    reason text,
    attempt bigint not null,
    lease_owner text,
    lease_until bigint,
    due_at bigint not null,
    provider_message_id text,
    planned_at bigint not null,
    updated_at bigint not null,
    constraint messages_pkey primary key (workspace_id, id)
);
-- counts and pages of one campaign
create index messages_campaign_state on messages (workspace_id, campaign_id, state, id);
create index messages_person on messages (workspace_id, person, planned_at, id);
-- what a worker may take, in order; holds nothing but outstanding rows, so it stays small
create index messages_due on messages (workspace_id, campaign_id, due_at, id)
    where state in ('planned', 'held');
create index messages_lease on messages (lease_until) where state in ('reserved', 'handed_off');
create index messages_provider on messages (workspace_id, provider_message_id)
    where provider_message_id is not null;

create table outbox (
    workspace_id text not null,
    id text not null,
    seq bigint not null,
    body text not null,
    created_at bigint not null,
    constraint outbox_pkey primary key (workspace_id, id)
);
create index outbox_seq on outbox (seq, id);

create table subscriptions (
    workspace_id text not null,
    channel text not null,
    address text not null,
    state text not null,
    source text not null,
    updated_at bigint not null,
    constraint subscriptions_pkey primary key (workspace_id, channel, address)
);
create index subscriptions_address on subscriptions (workspace_id, address);

create table quarantine (
    workspace_id text not null,
    id text not null,
    received_at bigint not null,
    dialect text not null,
    reason text not null,
    detail text not null,
    raw text not null,
    constraint quarantine_pkey primary key (workspace_id, id)
);
create index quarantine_received_at on quarantine (workspace_id, received_at, id);

create table segments (
    workspace_id text not null,
    id text not null,
    file text not null,
    row_count bigint not null,
    byte_count bigint not null,
    time_min bigint not null,
    time_max bigint not null,
    created_position bigint not null,
    constraint segments_pkey primary key (workspace_id, id)
);

create table people_deltas (
    workspace_id text not null,
    seq bigint not null,
    file text not null,
    byte_count bigint not null,
    constraint people_deltas_pkey primary key (workspace_id, seq)
);

-- instance-wide: there is one log, so one position that everything in the lake stands for.
create table lake_checkpoint (
    id bigint not null,
    log_position bigint not null,
    version bigint not null,
    constraint lake_checkpoint_pkey primary key (id)
);
insert into lake_checkpoint (id, log_position, version) values (1, 0, 0);

-- instance-wide: leases divide work between processes, not between workspaces.
create table leases (
    name text not null,
    owner text not null,
    until bigint not null,
    fence bigint not null,
    constraint leases_pkey primary key (name)
);

-- chart queries by hash: cells refer to them.
create table questions (
    workspace_id text not null,
    hash text not null,
    body text not null,
    created_at bigint not null,
    constraint questions_pkey primary key (workspace_id, hash)
);
