/** Words of the HTTP contract, generated from its description; a few are drawn tighter for the builders. */
import type { components } from './schema'

type Schemas = components['schemas']

export type Scalar = string | number | boolean | null
export type Json = Scalar | Json[] | { [key: string]: Json }
/** Any JSON object: the description cannot say more. */
export type JsonObject = { [key: string]: Json }

export type User = Schemas['User']
export type WeekStart = Schemas['WeekStart']
export type Workspace = Schemas['Workspace']
/** A session of the console always belongs to a user; that of a program does not. */
export type Session = Schemas['Session'] & { user: User }
export type ApiKey = Schemas['ApiKey']
export type Status = Schemas['Status']
export type CatalogEvent = Schemas['CatalogEvent']
export type PropertyType = Schemas['PropertyType']
export type CatalogProperty = Schemas['CatalogProperty']
export type LiveOutcome = Schemas['LiveOutcome']
/** Properties are any JSON; the description has no word for that. */
export type LiveEvent = Omit<Schemas['LiveEvent'], 'properties' | 'context' | 'raw'> & {
  properties: JsonObject
  context: JsonObject
  raw: Json
}

// ---- definitions -----------------------------------------------------------------------------------

/** `event.category`, or spelled out where the name itself has a dot. */
export type PropertyRef = Schemas['PropertyRef']
export type FilterOp = Schemas['FilterOp']
export type FilterLeaf = Schemas['FilterLeaf']
export type Filter = Schemas['Filter']
export type Selector = Schemas['Selector']
export type Unit = Schemas['Unit']
export type Duration = Schemas['Duration']
export type Window = Schemas['Window']
export type CountOp = Schemas['CountOp']
export type CountTest = Schemas['CountTest']
export type Audience = Schemas['Audience']

// ---- charts ----------------------------------------------------------------------------------------

export type Cell = Schemas['Cell']
export type Range = Schemas['Range']
export type Interval = Schemas['Interval']
export type Segment = Schemas['Segment']
export type FunnelQuery = Schemas['FunnelQuery']
export type FunnelStepQuery = Schemas['FunnelStepQuery']
export type FunnelOrder = Schemas['FunnelOrder']
export type FunnelCount = Schemas['FunnelCount']
export type FunnelEntry = Schemas['FunnelEntry']
export type FunnelView = Schemas['FunnelView']
export type FunnelBins = Schemas['FunnelBins']
export type FunnelExclusion = Schemas['FunnelExclusion']
export type FunnelOverTime = Schemas['FunnelOverTime']
export type FunnelHistogram = Schemas['FunnelHistogram']
export type BreakdownAt = Schemas['BreakdownAt']
export type Occurrence = Schemas['Occurrence']
export type PropertyFn = Schemas['PropertyFn']
export type Measure = Schemas['Measure']
export type Display = Schemas['Display']
export type Previous = Schemas['Previous']
export type Point = Schemas['Point']
export type SegmentationQuery = Schemas['SegmentationQuery']
export type ChartQuery = Schemas['ChartQuery']
export type FunnelStep = Schemas['FunnelStep']
export type FunnelRow = Schemas['FunnelRow']
export type SegmentationSeries = Schemas['SegmentationSeries']
export type FunnelAnswer = Schemas['FunnelAnswer']
export type SegmentationAnswer = Schemas['SegmentationAnswer']
export type ChartAnswer = Schemas['ChartAnswer']
export type ChartKind = ChartQuery['kind']
export type RetentionQuery = Schemas['RetentionQuery']
export type RetentionAnswer = Schemas['RetentionAnswer']
export type RetentionRow = Schemas['RetentionRow']
export type RetentionCell = Schemas['RetentionCell']
export type RetentionOverall = Schemas['RetentionOverall']
export type RetentionClock = Schemas['RetentionClock']
export type RetentionValue = Schemas['RetentionValue']
export type PlainRetentionMode = Schemas['PlainRetentionMode']
export type StartRule = Schemas['StartRule']
export type DayZero = Schemas['DayZero']
export type LifecycleQuery = Schemas['LifecycleQuery']
export type LifecycleAnswer = Schemas['LifecycleAnswer']
export type LifecycleShape = Schemas['LifecycleShape']
export type FirstBy = Schemas['FirstBy']
export type StickinessQuery = Schemas['StickinessQuery']
export type StickinessAnswer = Schemas['StickinessAnswer']
export type StickinessRow = Schemas['StickinessRow']
export type StickinessPeriod = Schemas['StickinessPeriod']
export type UsageIntervalQuery = Schemas['UsageIntervalQuery']
export type UsageIntervalAnswer = Schemas['UsageIntervalAnswer']
export type UsageIntervalShape = Schemas['UsageIntervalShape']
export type SessionsQuery = Schemas['SessionsQuery']
export type SessionsAnswer = Schemas['SessionsAnswer']
export type SessionMeasure = Schemas['SessionMeasure']
export type PathsQuery = Schemas['PathsQuery']
export type PathsAnswer = Schemas['PathsAnswer']
export type PathsShape = Schemas['PathsShape']
export type PathNode = Schemas['PathNode']
export type PathCount = Schemas['PathCount']
export type PathExpansion = Schemas['PathExpansion']

// ---- people and cohorts ----------------------------------------------------------------------------

export type PersonRef = Schemas['PersonRef']
export type PersonRow = Schemas['PersonRow']
export type Person = Omit<Schemas['Person'], 'properties'> & { properties: JsonObject }
export type TimelineEvent = Omit<Schemas['TimelineEvent'], 'properties' | 'context'> & {
  properties: JsonObject
  context: JsonObject
}
export type CohortKind = Schemas['CohortKind']
export type Cohort = Schemas['Cohort']

// ---- campaigns -------------------------------------------------------------------------------------

export type CampaignState = Schemas['CampaignState']
export type EmailMessage = Schemas['EmailMessage']
export type Conversion = Schemas['Conversion']
export type CampaignDraft = Schemas['CampaignDraft']
export type Campaign = Schemas['Campaign']
export type CampaignSummary = Schemas['CampaignSummary']
export type ConversionResult = Schemas['ConversionResult']
export type ResultRow = Schemas['ResultRow']
export type CampaignResults = Schemas['CampaignResults']
export type LedgerRow = Schemas['LedgerRow']

// ---- channels, inbox, quarantine -------------------------------------------------------------------

export type EmailChannel = Schemas['EmailChannel']
export type EmailChannelWrite = Schemas['EmailChannelWrite']
export type InboxMessage = Schemas['InboxMessage']
export type Rejection = Schemas['QuarantinedEvent']
