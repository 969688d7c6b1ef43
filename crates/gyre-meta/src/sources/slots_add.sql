insert into source_slots (
    workspace_id, source_id, slot, dialect, library, events, quarantined, warnings, rejected, last_at
)
values {rows}
on conflict (workspace_id, source_id, slot, dialect, library) do update
set events = source_slots.events + excluded.events,
    quarantined = source_slots.quarantined + excluded.quarantined,
    warnings = source_slots.warnings + excluded.warnings,
    rejected = source_slots.rejected + excluded.rejected,
    last_at = case when source_slots.last_at > excluded.last_at then source_slots.last_at else excluded.last_at end
