/** Words of the HTTP contract as TypeScript types. */

export type Scalar = string | number | boolean | null
export type Json = Scalar | Json[] | { [key: string]: Json }

export interface User {
  id: string
  email: string
  name: string
  role: string
}
export type WeekStart = 'monday' | 'sunday'
export interface Workspace {
  id: string
  name: string
  timezone: string
  week_start: WeekStart
  currency: string
}
export interface Session {
  user: User
  workspace: Workspace
  csrf: string
  features: { inbox: boolean; demo: boolean }
  public_url: string
  version: string
}

export interface ApiKey {
  id: string
  kind: 'api' | 'write'
  name: string
  prefix: string
  created_at: string
  revoked_at: string | null
}
export interface CreatedKey extends ApiKey {
  secret: string
}

export interface Status {
  version: string
  data_version: number
  events: number
  people: number
  log_bytes: number
  indexed_lag_ms: number
  last_event_at: string | null
}

export interface CatalogEvent {
  name: string
  count: number
  people?: number | null
  first_seen: string | null
  last_seen: string | null
  active: boolean
}
export type PropertyType = 'text' | 'number' | 'boolean' | 'list' | 'object' | 'time'
export interface CatalogProperty {
  ref: string
  type: PropertyType
  samples: Json[]
}

// ---- definitions -----------------------------------------------------------------------------------

export type FilterOp =
  | 'is'
  | 'is_not'
  | 'contains'
  | 'not_contains'
  | 'starts_with'
  | 'ends_with'
  | 'matches'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'between'
  | 'set'
  | 'not_set'
  | 'before'
  | 'after'
  | 'in_last'
  | 'in_next'
export interface FilterLeaf {
  property: string
  op: FilterOp
  values?: Scalar[]
}
export type Filter = { all: Filter[] } | { any: Filter[] } | { not: Filter } | FilterLeaf

export type Selector =
  | { event: string; where?: Filter; label?: string }
  | { any_event: true; where?: Filter; label?: string }
  | { any_of: Selector[]; where?: Filter; label?: string }

export type Unit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month'
export interface Duration {
  n: number
  unit: Unit
}
export type Window =
  | { ever: true }
  | { last: number; unit: Unit; complete?: boolean }
  | { before_last: number; unit: Unit }
  | { from: string; to: string }
  | { since: string }
  | { first: number; unit: Unit }

export type CountOp = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'between'
export interface CountTest {
  op: CountOp
  value: number | [number, number]
}
export type Audience =
  | { all: Audience[] }
  | { any: Audience[] }
  | { not: Audience }
  | { did: Selector; count?: CountTest; within?: Window }
  | { did_not: Selector; within?: Window }
  | { profile: string; op: FilterOp; values?: Scalar[] }
  | { message: { verb: string; campaign?: string; channel?: string }; count?: CountTest; within?: Window }
  | { first_seen: Window }
  | { last_seen: Window }
  | { cohort: string }
  | { random: { salt: string; from: number; to: number } }

// ---- charts ----------------------------------------------------------------------------------------

export interface Cell {
  value: number | null
  cell: string | null
}
export type RangeUnit = 'day' | 'week' | 'month' | 'quarter'
export type Range = { from: string; to: string } | { last: number; unit: RangeUnit; offset?: number }
export type Interval = 'minute5' | 'hour' | 'day' | 'week' | 'month' | 'quarter'
export interface Segment {
  name: string
  people: Audience
}
interface QueryCommon {
  range: Range
  timezone?: string
  week_start?: WeekStart
  interval?: Interval
  segments?: Segment[]
  group_by?: string[]
  limit?: number
  where?: Filter
}
export interface FunnelQuery extends QueryCommon {
  kind: 'funnel'
  steps: Selector[]
  window?: Duration
}
export type PropertyFn = 'sum' | 'avg' | 'min' | 'max' | 'median' | 'p90' | 'p95' | 'p99' | 'distinct'
export type Measure =
  | 'people'
  | 'events'
  | 'per_person'
  | 'active_rate'
  | { fn: PropertyFn; property: string }
export interface SegmentationQuery extends QueryCommon {
  kind: 'segmentation'
  series: { name?: string; select: Selector; measure: Measure }[]
}
export type ChartQuery = FunnelQuery | SegmentationQuery

export interface StepSeconds {
  median: number | null
  mean: number | null
  p90: number | null
}
export interface FunnelStep {
  label: string
  reached: Cell
  dropped: Cell
  from_start: number | null
  from_previous: number | null
  seconds: StepSeconds | null
}
export interface FunnelRow {
  segment: string | null
  group: Json[]
  overall?: boolean
  steps: FunnelStep[]
}
export interface SegmentationSeries {
  name: string
  segment: string | null
  group: Json[]
  overall?: boolean
  points: Cell[]
  total: Cell
}
interface AnswerCommon {
  range: { from: string; to: string; timezone: string }
  definition: string
  as_of: string
  data_version: number
  stats: { elapsed_ms: number; events_scanned: number; bytes_scanned: number; cached: boolean }
}
export interface FunnelAnswer extends AnswerCommon {
  kind: 'funnel'
  result: { rows: FunnelRow[] }
}
export interface SegmentationAnswer extends AnswerCommon {
  kind: 'segmentation'
  result: { buckets: string[]; series: SegmentationSeries[] }
}

// ---- people and cohorts ----------------------------------------------------------------------------

export interface PersonRef {
  person: string
  external_id: string | null
  name: string | null
  email: string | null
}
export interface CellPeople {
  total: number
  units: number
  people: (PersonRef & { entered_at: string | null })[]
  next: string | null
}
export interface PersonRow extends PersonRef {
  country: string | null
  first_seen: string | null
  last_seen: string | null
  events: number
}
export interface Person {
  person: string
  external_id: string | null
  identifiers: { kind: string; value: string }[]
  properties: Record<string, Json>
  first_seen: string | null
  last_seen: string | null
  events: number
  cohorts: { id: string; name: string }[]
  subscriptions: { channel: string; address: string; state: string; updated_at: string }[]
}
export interface TimelineEvent {
  id: string
  event: string
  time: string
  properties: Record<string, Json>
  context: Record<string, Json>
}

export type CohortKind = 'live' | 'static'
export interface Cohort {
  id: string
  name: string
  kind: CohortKind
  definition: Audience | null
  source: 'definition' | 'cell'
  size: number
  refreshed_at: string | null
  next_refresh_at: string | null
  error: string | null
  created_at: string
  updated_at: string
}
export interface AudiencePreview {
  size: number
  of: number
  reachable: { email?: number }
  examples: PersonRef[]
}

// ---- campaigns -------------------------------------------------------------------------------------

export type CampaignState = 'draft' | 'scheduled' | 'running' | 'paused' | 'stopped' | 'done' | 'archived'
export interface EmailMessage {
  channel: 'email'
  from: string
  reply_to?: string
  subject: string
  preheader?: string
  html?: string
  text?: string
  track?: { opens: boolean; clicks: boolean }
}
export interface Conversion {
  name: string
  select: Selector
  within: Duration
  revenue?: string
}
export interface CampaignDraft {
  name: string
  tags?: string[]
  category?: 'marketing' | 'transactional'
  audience: Audience
  delivery?: { type: 'now' }
  messages?: EmailMessage[]
  variants?: { name: string; share: number; messages: EmailMessage[] }[]
  control?: { share: number }
  conversions?: Conversion[]
  limits?: { per_minute?: number }
}
export interface Campaign extends CampaignDraft {
  id: string
  state: CampaignState
  created_at: string
  updated_at: string
  launched_at: string | null
}
export interface CampaignSummary {
  id: string
  name: string
  state: CampaignState
  category: string
  tags: string[]
  created_at: string
  launched_at: string | null
  counts: Partial<Record<string, number>>
}
export interface ConversionResult {
  name: string
  count: Cell
  rate: number | null
  revenue: number | null
  control_rate: number | null
  lift: number | null
  low: number | null
  high: number | null
}
export interface ResultRow {
  variant: string | null
  audience: Cell
  control: Cell
  planned: Cell
  held: Cell | number
  skipped: Record<string, Cell>
  sent: Cell
  delivered: Cell
  opened: Cell
  opened_machine: Cell
  clicked: Cell
  unsubscribed: Cell
  complained: Cell
  bounced: Cell
  failed: Cell
  conversions: ConversionResult[]
}
export interface CampaignResults {
  state: CampaignState
  totals: ResultRow
  variants: ResultRow[]
  conversions: { name: string }[]
}
export interface LedgerRow {
  message_id: string
  external_id: string | null
  person: string
  channel: string
  variant: string
  state: string
  reason: string | null
  planned_at: string | null
  updated_at: string | null
  campaign_id?: string
  campaign_name?: string
}
export interface MessageDetail extends LedgerRow {
  timeline: { at: string; verb: string; reason: string | null }[]
}
export interface Preview {
  channel: string
  fields: { subject?: string; preheader?: string; html?: string; text?: string; from?: string }
  reads: string[]
  aborted: string | null
  html_url: string | null
}

// ---- channels, inbox, quarantine -------------------------------------------------------------------

export interface EmailChannel {
  provider: 'smtp' | 'inbox' | 'ses' | 'sendgrid' | null
  host?: string
  port?: number
  security?: 'none' | 'starttls' | 'tls'
  username?: string | null
  connections?: number
  per_second?: number | null
}
export interface EmailChannelWrite {
  provider: 'smtp'
  host: string
  port: number
  security: 'none' | 'starttls' | 'tls'
  username?: string
  password?: string
}
export interface InboxRow {
  id: string
  to: string
  from: string
  subject: string
  received_at: string
}
export interface InboxMessage extends InboxRow {
  headers: [string, string][]
  text: string | null
  html_url: string | null
}
export interface Rejection {
  id: string
  received_at: string
  dialect: string
  reason: string
  detail: string
  raw: Json
}
