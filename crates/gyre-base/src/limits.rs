//! Bounds. Going over one is an error that names it, never a silent cut.

/// Largest request body after inflating: PostHog and Amplitude's batch endpoint take 20 MB.
pub const BODY_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Largest JSON body of the console's API; a definition of a thousand clauses is under 200 KB.
pub const API_BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most events in one request: Amplitude allows 2,000; a 20 MB body of 320-byte events holds 65,000.
pub const EVENTS_PER_REQUEST_MAX: usize = 100_000;
/// Deepest nesting of an audience or a filter.
pub const DEFINITION_DEPTH_MAX: usize = 32;
/// Most leaves of one audience or filter.
pub const DEFINITION_LEAVES_MAX: usize = 1_000;
/// Most steps of a funnel.
pub const FUNNEL_STEPS_MAX: usize = 20;
/// Most series of a segmentation.
pub const SERIES_MAX: usize = 20;
/// Most segments compared in one chart.
pub const SEGMENTS_MAX: usize = 20;
/// Most property references in `group_by`.
pub const GROUP_BY_MAX: usize = 3;
/// Most rows a caller may ask to keep.
pub const ROWS_LIMIT_MAX: usize = 10_000;
/// Most time buckets of a chart: ten years of days, five days of five minutes.
pub const BUCKETS_MAX: usize = 4_000;
/// Most buckets of a rolling window or average: a year of days and a month.
pub const ROLLING_BUCKETS_MAX: usize = 400;
/// Last interval of a retention: two years of days.
pub const RETENTION_INTERVALS_MAX: u32 = 732;
/// Longest window: 10,000 days, in milliseconds.
pub const WINDOW_MS_MAX: i64 = 10_000 * crate::time::DAY_MS;
/// Longest identifier kept; longer ones go to quarantine.
pub const ID_BYTES_MAX: usize = 1_024;
/// Longest event or property name kept.
pub const NAME_BYTES_MAX: usize = 1_024;
/// Most properties of one event.
pub const PROPERTIES_MAX: usize = 2_000;
/// Most names in the dotted path of a nested property; what is deeper is found in its whole object.
pub const FLATTEN_DEPTH_MAX: usize = 5;
/// Most people on one page of a list.
pub const PAGE_MAX: usize = 1_000;
/// Longest template source.
pub const TEMPLATE_BYTES_MAX: usize = 1024 * 1024;
/// Largest rendered field of a message; Gmail cuts at 102 KB, so 1 MiB is generous.
pub const RENDERED_BYTES_MAX: usize = 1024 * 1024;
/// Most refused events kept per workspace; at 1 KB each 100 MB of SQL. The oldest go first.
pub const QUARANTINE_ROWS_MAX: usize = 100_000;
/// Refreshes of a cohort that are remembered: one every 5 minutes for a month are 8,640.
pub const COHORT_HISTORY_MAX: usize = 10_000;
/// Inflated bodies above [`COLLECT_INLINE_BYTES_MAX`] in memory at once: 8 of 20 MB are 160 MB.
pub const COLLECT_LARGE_BODIES_MAX: usize = 8;
/// A body up to this size is inflated and looked through where it arrived: 1 ms at 250 MB/s.
pub const COLLECT_INLINE_BYTES_MAX: usize = 256 * 1024;
/// Longest write key looked up; ours have 40 characters, Amplitude's and Segment's 32.
pub const WRITE_KEY_BYTES_MAX: usize = 256;
/// Write keys whose verdict is remembered, good ones and bad ones each: 10,000 of 256 bytes are 2.5 MB.
pub const WRITE_KEYS_CACHED_MAX: usize = 10_000;
/// Rendered previews kept for their pages; at 1 MiB of HTML each, 32 MiB at most.
pub const PREVIEWS_MAX: usize = 32;
/// Largest body of a one-click opt-out: its form is 26 bytes.
pub const TRACKING_BODY_BYTES_MAX: usize = 16 * 1024;
