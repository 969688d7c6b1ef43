insert into catalog_entries (
    workspace_id, event, property, display_name, description, owner, tags, hidden, blocked, merge_into, updated_at
)
values {rows}
on conflict (workspace_id, event, property) do update
set display_name = excluded.display_name,
    description = excluded.description,
    owner = excluded.owner,
    tags = excluded.tags,
    hidden = excluded.hidden,
    blocked = excluded.blocked,
    merge_into = excluded.merge_into,
    updated_at = excluded.updated_at
