//! Campaigns.
#![allow(
    missing_debug_implementations,
    reason = "the requests' types only describe; no value is ever made"
)]

use std::collections::BTreeMap;

use gyre_app::campaigns as app;
use gyre_app::campaigns::events::category_name;
use gyre_app::results;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::charts::Cell;
use super::definition::{Audience, Duration, PropertyRef, Selector};
use super::instant::Instant;

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignState {
    /// Being written.
    Draft,
    /// Waits for its time.
    Scheduled,
    /// Plans and sends.
    Running,
    /// Sends nothing until resumed.
    Paused,
    /// Ended by hand.
    Stopped,
    /// Every message is final.
    Done,
    /// Put away.
    Archived,
}

/// Whether people can opt out.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CampaignCategory {
    Marketing,
    Transactional,
}

/// The word `now`.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryType {
    Now,
}

/// When it is sent.
#[derive(ToSchema)]
pub struct Delivery {
    #[serde(rename = "type")]
    pub kind: DeliveryType,
}

/// The word `email`.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmailWord {
    Email,
}

/// What is measured of a message.
#[derive(ToSchema)]
pub struct Track {
    /// Insert the open pixel; true if absent.
    pub opens: Option<bool>,
    /// Replace links; true if absent.
    pub clicks: Option<bool>,
}

/// An e-mail; every text is a template.
#[derive(ToSchema)]
pub struct EmailMessage {
    pub channel: EmailWord,
    /// `Shop <hello@shop.test>`.
    pub from: String,
    pub reply_to: Option<String>,
    pub subject: String,
    pub preheader: Option<String>,
    pub html: Option<String>,
    /// Made from the HTML if absent.
    pub text: Option<String>,
    pub headers: Option<BTreeMap<String, String>>,
    pub track: Option<Track>,
}

/// An arm of a campaign.
#[derive(ToSchema)]
pub struct Variant {
    pub name: Option<String>,
    /// Share of the audience in 1/10,000.
    pub share: Option<u32>,
    /// Exactly one.
    pub messages: Vec<EmailMessage>,
}

/// People who get nothing, to compare with.
#[derive(ToSchema)]
pub struct Control {
    /// Share of the audience in 1/10,000.
    pub share: u32,
}

/// An event that counts as success.
#[derive(ToSchema)]
pub struct Conversion {
    pub name: Option<String>,
    pub select: Selector,
    /// How long after the message.
    pub within: Duration,
    /// Property that is summed as revenue.
    pub revenue: Option<PropertyRef>,
}

/// Limits of sending.
#[derive(ToSchema)]
pub struct SendLimits {
    /// Most messages per minute.
    pub per_minute: Option<u32>,
}

/// A campaign as its author writes it: `variants`, or `messages` for a single one.
#[derive(ToSchema)]
pub struct CampaignDraft {
    pub name: String,
    pub tags: Option<Vec<String>>,
    /// `marketing` if absent.
    pub category: Option<CampaignCategory>,
    /// Everyone if absent.
    pub audience: Option<Audience>,
    pub delivery: Option<Delivery>,
    pub messages: Option<Vec<EmailMessage>>,
    pub variants: Option<Vec<Variant>>,
    /// 500 for marketing if absent.
    pub control: Option<Control>,
    pub conversions: Option<Vec<Conversion>>,
    pub limits: Option<SendLimits>,
}

/// Where a campaign stands, beside its document.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignHead {
    /// Id.
    pub id: String,
    /// Where it stands.
    pub state: CampaignState,
    /// When it was made.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// When it was launched.
    #[schema(required)]
    pub launched_at: Option<Instant>,
}

/// A campaign: the fields as written, and where it stands.
#[derive(ToSchema)]
pub struct Campaign {
    #[serde(flatten)]
    pub head: CampaignHead,
    #[serde(flatten)]
    pub draft: CampaignDraft,
}

/// A campaign in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignSummary {
    /// Id.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// Where it stands.
    pub state: CampaignState,
    /// `marketing` or `transactional`.
    pub category: String,
    /// Labels.
    pub tags: Vec<String>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was launched.
    #[schema(required)]
    pub launched_at: Option<Instant>,
    /// Messages by the state they are in now.
    pub counts: BTreeMap<String, u64>,
}

/// Every campaign.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignList {
    /// Newest first.
    pub campaigns: Vec<CampaignSummary>,
}

/// Where a test message goes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignTest {
    /// Address.
    pub to: String,
    /// Id or token of the person it is rendered for.
    pub as_person: Option<String>,
    /// Name of the variant; the first if absent.
    pub variant: Option<String>,
}

/// What became of a test message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignTestResult {
    /// Whether the provider took it.
    pub ok: bool,
    /// What the provider said.
    pub detail: String,
}

/// For whom a campaign is rendered.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewQuery {
    /// Id or token of the person.
    pub as_person: Option<String>,
    /// Name of the variant; the first if absent.
    pub variant: Option<String>,
}

/// An unsaved message and for whom it is rendered.
#[derive(ToSchema)]
pub struct MessagePreviewQuery {
    /// The message.
    pub message: EmailMessage,
    /// Id or token of the person.
    pub as_person: Option<String>,
}

/// A rendered message.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Preview {
    /// `email`.
    pub channel: String,
    /// The fields.
    pub fields: PreviewFields,
    /// What was read: `profile.first_name`.
    pub reads: Vec<String>,
    /// Why this person would get nothing; null if they would.
    #[schema(required)]
    pub aborted: Option<String>,
    /// Page that shows the HTML under a policy of its own.
    #[schema(required)]
    pub html_url: Option<String>,
}

/// Rendered fields.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PreviewFields {
    /// Subject line.
    #[schema(required)]
    pub subject: Option<String>,
    /// Text beside the subject.
    #[schema(required)]
    pub preheader: Option<String>,
    /// HTML body.
    #[schema(required)]
    pub html: Option<String>,
    /// Plain text body.
    #[schema(required)]
    pub text: Option<String>,
    /// Sender.
    #[schema(required)]
    pub from: Option<String>,
}

/// What became of one variant, or of all.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResultRow {
    /// Name of the variant; null for all.
    #[schema(required)]
    pub variant: Option<String>,
    /// People chosen.
    pub audience: Cell,
    /// People who got nothing, to compare with.
    pub control: Cell,
    /// People planned.
    pub planned: Cell,
    /// People whose message waits.
    pub held: Cell,
    /// People who got nothing, by reason.
    pub skipped: BTreeMap<String, Cell>,
    /// People whose message the provider took.
    pub sent: Cell,
    /// People whose message arrived.
    pub delivered: Cell,
    /// People who opened.
    pub opened: Cell,
    /// People whose mail program opened.
    pub opened_machine: Cell,
    /// People who clicked.
    pub clicked: Cell,
    /// People who unsubscribed.
    pub unsubscribed: Cell,
    /// People who complained.
    pub complained: Cell,
    /// People whose message came back.
    pub bounced: Cell,
    /// People whose message was given up.
    pub failed: Cell,
    /// Success, in the order of the campaign.
    pub conversions: Vec<ConversionResult>,
}

/// Success by one measure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConversionResult {
    /// Shown name.
    pub name: String,
    /// People.
    pub count: Cell,
    /// Share of those who were sent it.
    #[schema(required)]
    pub rate: Option<f64>,
    /// Sum of the revenue property; null where it is not known.
    #[schema(required)]
    pub revenue: Option<f64>,
    /// Share of the control people.
    #[schema(required)]
    pub control_rate: Option<f64>,
    /// Rate over control rate, less one.
    #[schema(required)]
    pub lift: Option<f64>,
    /// Lower end of the 95 % interval of the difference of the rates.
    #[schema(required)]
    pub low: Option<f64>,
    /// Upper end of the 95 % interval of the difference of the rates.
    #[schema(required)]
    pub high: Option<f64>,
}

/// Name of a measure of success.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConversionName {
    /// Shown name.
    pub name: String,
}

/// What became of a campaign.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CampaignResults {
    /// Where it stands.
    pub state: CampaignState,
    /// All variants together.
    pub totals: ResultRow,
    /// Each variant.
    pub variants: Vec<ResultRow>,
    /// Measures of success, in the order of each row's.
    pub conversions: Vec<ConversionName>,
}

/// [`Campaign`] as it is written.
#[derive(Clone, Debug, Serialize)]
pub struct CampaignBody {
    #[serde(flatten)]
    head: CampaignHead,
    #[serde(flatten)]
    definition: Map<String, Value>,
}

/// [`MessagePreviewQuery`] as it is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessagePreviewBody {
    /// The message.
    pub message: Value,
    /// Id or token of the person.
    pub as_person: Option<String>,
}

impl From<gyre_meta::CampaignState> for CampaignState {
    fn from(it: gyre_meta::CampaignState) -> Self {
        match it {
            gyre_meta::CampaignState::Draft => Self::Draft,
            gyre_meta::CampaignState::Scheduled => Self::Scheduled,
            gyre_meta::CampaignState::Running => Self::Running,
            gyre_meta::CampaignState::Paused => Self::Paused,
            gyre_meta::CampaignState::Stopped => Self::Stopped,
            gyre_meta::CampaignState::Done => Self::Done,
            gyre_meta::CampaignState::Archived => Self::Archived,
        }
    }
}

impl From<app::CampaignDetail> for CampaignBody {
    fn from(it: app::CampaignDetail) -> Self {
        let definition = match it.definition {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        Self {
            head: CampaignHead {
                id: it.campaign.id.to_string(),
                state: it.campaign.state.into(),
                created_at: it.campaign.created_at.into(),
                updated_at: it.campaign.updated_at.into(),
                launched_at: it.campaign.launched_at.map(Into::into),
            },
            definition,
        }
    }
}

impl From<app::CampaignSummary> for CampaignSummary {
    fn from(it: app::CampaignSummary) -> Self {
        let counts = it.counts.into_iter();
        Self {
            id: it.campaign.id.to_string(),
            name: it.campaign.name,
            state: it.campaign.state.into(),
            category: category_name(it.category).to_owned(),
            tags: it.tags,
            created_at: it.campaign.created_at.into(),
            launched_at: it.campaign.launched_at.map(Into::into),
            counts: counts.map(|(state, n)| (state.to_owned(), n)).collect(),
        }
    }
}

impl Preview {
    /// What a person would get, with the address of its HTML.
    pub(crate) fn new(it: app::Preview, html_url: Option<String>) -> Self {
        let is_rendered = it.aborted.is_none();
        Self {
            channel: "email".to_owned(),
            fields: PreviewFields {
                subject: Some(it.fields.subject).filter(|_| is_rendered),
                preheader: it.fields.preheader,
                html: it.fields.html,
                text: it.fields.text,
                from: Some(it.fields.from).filter(|_| is_rendered),
            },
            reads: it.reads,
            aborted: it.aborted,
            html_url,
        }
    }
}

impl From<results::ResultCell> for Cell {
    fn from(it: results::ResultCell) -> Self {
        Self {
            value: it.value,
            cell: it.cell,
        }
    }
}

impl From<results::ResultRow> for ResultRow {
    fn from(mut it: results::ResultRow) -> Self {
        let mut cell = |name: &str| Cell::from(it.cells.remove(name).unwrap_or_default());
        let skipped = it.skipped.into_iter();
        Self {
            variant: it.variant,
            audience: cell("audience"),
            control: cell("control"),
            planned: cell("planned"),
            held: cell("held"),
            skipped: skipped.map(|(reason, it)| (reason, it.into())).collect(),
            sent: cell("sent"),
            delivered: cell("delivered"),
            opened: cell("opened"),
            opened_machine: cell("opened_machine"),
            clicked: cell("clicked"),
            unsubscribed: cell("unsubscribed"),
            complained: cell("complained"),
            bounced: cell("bounced"),
            failed: cell("failed"),
            conversions: it.conversions.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<results::ConversionResult> for ConversionResult {
    fn from(it: results::ConversionResult) -> Self {
        Self {
            name: it.name,
            count: it.count.into(),
            rate: it.rate,
            revenue: None,
            control_rate: it.control_rate,
            lift: it.lift,
            low: it.low,
            high: it.high,
        }
    }
}

impl From<results::CampaignResults> for CampaignResults {
    fn from(it: results::CampaignResults) -> Self {
        let totals = ResultRow::from(it.totals);
        let names = totals.conversions.iter();
        let conversions = names.map(|it| ConversionName {
            name: it.name.clone(),
        });
        Self {
            state: it.state.into(),
            conversions: conversions.collect(),
            totals,
            variants: it.variants.into_iter().map(Into::into).collect(),
        }
    }
}
