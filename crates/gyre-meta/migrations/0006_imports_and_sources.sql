-- files that wait to be imported; the bytes are in the data folder.
create table import_files (
    workspace_id text not null,
    id text not null,
    name text not null,
    byte_count bigint not null,
    content text not null,
    created_at bigint not null,
    constraint import_files_pkey primary key (workspace_id, id)
);

create table imports (
    workspace_id text not null,
    id text not null,
    name text not null,
    request text not null,
    sealed text,
    content text,
    state text not null,
    part bigint not null,
    part_row bigint not null,
    part_byte bigint not null,
    bytes_read bigint not null,
    bytes_total bigint not null,
    rows_read bigint not null,
    rows_accepted bigint not null,
    rows_rejected bigint not null,
    rows_repeated bigint not null,
    rejects_bytes bigint not null,
    error_code text,
    error_detail text,
    created_at bigint not null,
    started_at bigint,
    finished_at bigint,
    created_by text,
    constraint imports_pkey primary key (workspace_id, id)
);
create index imports_created_at on imports (workspace_id, created_at, id);
create index imports_state on imports (state, created_at);

-- what became of an import's rows, as of the lake's checkpoint.
create table import_tallies (
    workspace_id text not null,
    import_id text not null,
    counted_to bigint not null,
    accepted bigint not null,
    repeated bigint not null,
    refused bigint not null,
    constraint import_tallies_pkey primary key (workspace_id, import_id)
);

create table lookups (
    workspace_id text not null,
    name text not null,
    key_column text not null,
    columns text not null,
    file text not null,
    row_count bigint not null,
    byte_count bigint not null,
    updated_at bigint not null,
    constraint lookups_pkey primary key (workspace_id, name)
);

create table sources (
    workspace_id text not null,
    id text not null,
    name text not null,
    kind text not null,
    preset text not null,
    hash text not null,
    prefix text not null,
    map_version bigint not null,
    map text not null,
    sealed text,
    is_enabled bigint not null,
    created_at bigint not null,
    constraint sources_pkey primary key (workspace_id, id),
    constraint sources_hash_key unique (hash)
);

-- every version of every map: what arrived under a version is read by it for ever.
create table source_maps (
    workspace_id text not null,
    source_id text not null,
    version bigint not null,
    body text not null,
    created_at bigint not null,
    constraint source_maps_pkey primary key (workspace_id, source_id, version)
);

-- what came through each write key and source, by ten minutes, as of the lake's checkpoint.
create table source_slots (
    workspace_id text not null,
    source_id text not null,
    slot bigint not null,
    dialect text not null,
    library text not null,
    events bigint not null,
    quarantined bigint not null,
    warnings bigint not null,
    rejected bigint not null,
    last_at bigint not null,
    constraint source_slots_pkey primary key (workspace_id, source_id, slot, dialect, library)
);
