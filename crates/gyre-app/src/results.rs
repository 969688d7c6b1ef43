//! Results of a campaign, read from its message events: the same numbers that charts show, each with its people.

use std::collections::BTreeMap;

use gyre_base::{CampaignId, Timestamp, Zone};
use gyre_meta::CampaignState;
use gyre_model::campaign::Conversion;
use gyre_model::{CampaignDraft, Doc};
use serde_json::{Number, Value, json};

use crate::{App, AppError, CanRead};

/// A counted number of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultCell {
    /// The number.
    pub value: Option<Number>,
    /// Token of the people behind it.
    pub cell: Option<String>,
}

/// Numbers of one variant, or of all.
#[derive(Clone, Debug, Default)]
pub struct ResultRow {
    /// Name; `None` for the whole campaign.
    pub variant: Option<String>,
    /// By name: `audience, control, planned, held, sent, delivered, opened, opened_machine, clicked, unsubscribed,
    /// complained, bounced, failed`.
    pub cells: BTreeMap<&'static str, ResultCell>,
    /// People not written to, by reason.
    pub skipped: BTreeMap<String, ResultCell>,
    /// One per conversion of the campaign.
    pub conversions: Vec<ConversionResult>,
}

impl ResultRow {
    /// A row in which nothing happened yet.
    fn zero(variant: Option<&str>) -> Self {
        let zero = ResultCell {
            value: Some(0.into()),
            cell: None,
        };
        Self {
            variant: variant.map(str::to_owned),
            cells: CELLS
                .iter()
                .map(|(name, ..)| (*name, zero.clone()))
                .collect(),
            ..Self::default()
        }
    }
}

/// One conversion of one variant.
#[derive(Clone, Debug, Default)]
pub struct ConversionResult {
    /// Name.
    pub name: String,
    /// People who converted within the window of the message.
    pub count: ResultCell,
    /// Of the people it was sent to.
    pub rate: Option<f64>,
    /// Rate of the control group.
    pub control_rate: Option<f64>,
    /// Relative difference to the control group.
    pub lift: Option<f64>,
    /// 95 % interval of the absolute difference of the rates, lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// A campaign's report.
#[derive(Clone, Debug)]
pub struct CampaignResults {
    /// Where the campaign stands.
    pub state: CampaignState,
    /// The whole campaign.
    pub totals: ResultRow,
    /// Each variant.
    pub variants: Vec<ResultRow>,
}

/// (cell, events, extra condition)
const CELLS: &[(&str, &[&str], Option<bool>)] = &[
    (
        "audience",
        &["message.email.planned", "campaign.enrolled_in_control"],
        None,
    ),
    ("control", &["campaign.enrolled_in_control"], None),
    ("planned", &["message.email.planned"], None),
    ("held", &["message.email.held"], None),
    ("sent", &["message.email.sent"], None),
    ("delivered", &["message.email.delivered"], None),
    ("opened", &["message.email.opened"], Some(false)),
    ("opened_machine", &["message.email.opened"], Some(true)),
    ("clicked", &["message.email.clicked"], None),
    ("unsubscribed", &["message.email.unsubscribed"], None),
    ("complained", &["message.email.complained"], None),
    (
        "bounced",
        &["message.email.bounced", "message.email.soft_bounced"],
        None,
    ),
    (
        "failed",
        &["message.email.failed", "message.email.rejected"],
        None,
    ),
];

/// Events that end a message before it is tried, with the reason as a property.
const SKIPPED: &[&str] = &[
    "message.email.skipped",
    "message.email.suppressed",
    "message.email.aborted",
    "message.email.capped",
];

impl App {
    /// The report of a campaign.
    pub async fn campaign_results(
        &self,
        access: &CanRead,
        id: CampaignId,
    ) -> Result<CampaignResults, AppError> {
        let workspace = access.workspace();
        let campaign = self.meta.campaign_get(workspace, id).await?;
        let definition: Value = serde_json::from_str(&campaign.definition).unwrap_or_default();
        let draft = CampaignDraft::read(&Doc::root(&definition))?;
        let mut results = CampaignResults {
            state: campaign.state,
            totals: ResultRow::zero(None),
            variants: draft
                .variants
                .iter()
                .map(|it| ResultRow::zero(Some(&it.name)))
                .collect(),
        };
        let range = self.range_since(access, campaign.launched_at).await?;
        let ours = json!({"property": "event.campaign_id", "op": "is", "values": [id.to_string()]});
        self.fill_cells(access, &range, &ours, &mut results).await?;
        self.fill_skipped(access, &range, &ours, &mut results)
            .await?;
        for conversion in &draft.conversions {
            let select = conversion_json(&definition, &draft, conversion);
            self.fill_conversion(access, (&range, &ours), conversion, &select, &mut results)
                .await?;
        }
        Ok(results)
    }

    /// Days from the launch to today, in the workspace's zone.
    async fn range_since(
        &self,
        access: &CanRead,
        launched_at: Option<Timestamp>,
    ) -> Result<Value, AppError> {
        let settings = self.meta.workspace_get(access.workspace()).await?;
        let zone = Zone::parse(&settings.timezone).unwrap_or(Zone::UTC);
        let now = self.clock.now();
        let from = zone.date(launched_at.unwrap_or(now));
        Ok(json!({"from": from.to_string(), "to": zone.date(now).to_string()}))
    }

    async fn fill_cells(
        &self,
        access: &CanRead,
        range: &Value,
        ours: &Value,
        results: &mut CampaignResults,
    ) -> Result<(), AppError> {
        let series: Vec<Value> = CELLS
            .iter()
            .map(|(name, events, machine)| {
                let mut conditions = vec![ours.clone()];
                if let Some(machine) = machine {
                    let leaf =
                        json!({"property": "event.machine_open", "op": "is", "values": [true]});
                    conditions.push(if *machine {
                        leaf
                    } else {
                        json!({ "not": leaf })
                    });
                }
                let parts: Vec<Value> = events.iter().map(|it| json!({ "event": it })).collect();
                json!({"name": name, "measure": "people",
                    "select": {"any_of": parts, "where": {"all": conditions}}})
            })
            .collect();
        let query = json!({"kind": "segmentation", "range": range, "interval": "quarter",
            "series": series, "group_by": ["event.variant"], "limit": 100});
        let answer = self.chart_query(access, &query).await?;
        for row in answer.result["series"].as_array().into_iter().flatten() {
            let Some((name, ..)) = CELLS.iter().find(|it| row["name"] == it.0) else {
                continue;
            };
            let cell = cell_of(&row["total"]);
            if row["overall"] == true {
                results.totals.cells.insert(name, cell);
            } else if let Some(variant) = variant_of(results, &row["group"][0]) {
                variant.cells.insert(name, cell);
            }
        }
        Ok(())
    }

    async fn fill_skipped(
        &self,
        access: &CanRead,
        range: &Value,
        ours: &Value,
        results: &mut CampaignResults,
    ) -> Result<(), AppError> {
        let parts: Vec<Value> = SKIPPED.iter().map(|it| json!({ "event": it })).collect();
        for group_by in [
            json!(["event.reason"]),
            json!(["event.variant", "event.reason"]),
        ] {
            let query = json!({"kind": "segmentation", "range": range, "interval": "quarter",
                "series": [{"name": "skipped", "measure": "people",
                    "select": {"any_of": parts, "where": ours}}],
                "group_by": group_by, "limit": 1000});
            let answer = self.chart_query(access, &query).await?;
            for row in answer.result["series"].as_array().into_iter().flatten() {
                if row["overall"] == true {
                    continue;
                }
                let reason = |it: &Value| it.as_str().unwrap_or("(none)").to_owned();
                let cell = cell_of(&row["total"]);
                match row["group"].as_array().map(Vec::as_slice) {
                    Some([why]) => {
                        results.totals.skipped.insert(reason(why), cell);
                    }
                    Some([variant, why]) => {
                        if let Some(variant) = variant_of(results, variant) {
                            variant.skipped.insert(reason(why), cell);
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    async fn fill_conversion(
        &self,
        access: &CanRead,
        (range, ours): (&Value, &Value),
        conversion: &Conversion,
        select: &Value,
        results: &mut CampaignResults,
    ) -> Result<(), AppError> {
        let funnel = |start: &str, group_by: Value| {
            json!({"kind": "funnel", "range": range,
                "window": {"n": conversion.within_ms / 1_000, "unit": "second"},
                "steps": [{"event": start, "where": ours}, select],
                "group_by": group_by, "limit": 100})
        };
        let control = self
            .chart_query(access, &funnel("campaign.enrolled_in_control", json!([])))
            .await?;
        let control = counts_of(&control.result["rows"][0]);
        let sent = funnel("message.email.sent", json!(["event.variant"]));
        let answer = self.chart_query(access, &sent).await?;
        let empty = compare(conversion, &Value::Null, control);
        results.totals.conversions.push(empty.clone());
        results
            .variants
            .iter_mut()
            .for_each(|it| it.conversions.push(empty.clone()));
        for row in answer.result["rows"].as_array().into_iter().flatten() {
            let compared = compare(conversion, row, control);
            let target = if row["overall"] == true {
                Some(&mut results.totals)
            } else {
                variant_of(results, &row["group"][0])
            };
            if let Some(last) = target.and_then(|it| it.conversions.last_mut()) {
                *last = compared;
            }
        }
        Ok(())
    }
}

/// The conversion's selector as its author wrote it.
fn conversion_json(definition: &Value, draft: &CampaignDraft, conversion: &Conversion) -> Value {
    let place = draft
        .conversions
        .iter()
        .position(|it| std::ptr::eq(it, conversion))
        .unwrap_or(0);
    definition["conversions"][place]["select"].clone()
}

fn variant_of<'a>(results: &'a mut CampaignResults, name: &Value) -> Option<&'a mut ResultRow> {
    let name = name.as_str()?;
    results
        .variants
        .iter_mut()
        .find(|it| it.variant.as_deref() == Some(name))
}

fn cell_of(cell: &Value) -> ResultCell {
    let value = cell["value"].as_number().cloned();
    let has_people = value.as_ref().is_some_and(|it| it.as_f64() != Some(0.0));
    let token = cell["cell"].as_str().filter(|_| has_people);
    ResultCell {
        value,
        cell: token.map(str::to_owned),
    }
}

/// (entered, converted) of a funnel's row.
fn counts_of(row: &Value) -> (f64, f64) {
    let count = |step: usize| {
        row["steps"][step]["reached"]["value"]
            .as_f64()
            .unwrap_or(0.0)
    };
    (count(0), count(1))
}

/// Rates, lift and the 95 % interval of their difference (unpooled normal approximation).
fn compare(conversion: &Conversion, row: &Value, control: (f64, f64)) -> ConversionResult {
    let (entered, converted) = counts_of(row);
    let rate = |n: f64, of: f64| (of > 0.0).then(|| n / of);
    let (own, base) = (rate(converted, entered), rate(control.1, control.0));
    let mut result = ConversionResult {
        name: conversion.name.clone(),
        count: if row.is_null() {
            ResultCell {
                value: Some(0.into()),
                cell: None,
            }
        } else {
            cell_of(&row["steps"][1]["reached"])
        },
        rate: own,
        control_rate: base,
        ..ConversionResult::default()
    };
    if let (Some(own), Some(base)) = (own, base) {
        let spread = (own * (1.0 - own) / entered + base * (1.0 - base) / control.0).sqrt();
        result.lift = (base > 0.0).then(|| own / base - 1.0);
        result.low = Some(own - base - 1.959_964 * spread);
        result.high = Some(own - base + 1.959_964 * spread);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyre_model::Selector;

    #[test]
    fn the_worked_example_of_a_z_test_gives_its_lift_and_interval() {
        let conversion = Conversion {
            name: "c".into(),
            select: Selector::event("A"),
            within_ms: 1,
            revenue: None,
        };
        let row = json!({"steps": [{"reached": {"value": 1000}}, {"reached": {"value": 250, "cell": "t"}}]});
        let result = compare(&conversion, &row, (1_000.0, 200.0));
        assert_eq!(result.lift, Some(0.25));
        // 0.05 ± 1.96 × sqrt(0.25 × 0.75 / 1000 + 0.2 × 0.8 / 1000)
        assert!(
            (result.low.unwrap() - 0.013_463).abs() < 1e-4,
            "{:?}",
            result.low
        );
        assert!(
            (result.high.unwrap() - 0.086_537).abs() < 1e-4,
            "{:?}",
            result.high
        );
    }
}
