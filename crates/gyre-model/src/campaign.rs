//! Campaigns: the document a marketer writes.
//!
//! Source: campaigns.md ("Campaign"). What this version cannot do is refused by name, never ignored.

use serde_json::Value;

use crate::audience::Audience;
use crate::doc::{Doc, FieldError, Read};
use crate::selector::Selector;

/// Shares are in 1/10,000.
pub const SHARE_WHOLE: u32 = 10_000;
/// Control group of a marketing campaign that does not say otherwise.
pub const CONTROL_SHARE_DEFAULT: u32 = 500;
/// Longest conversion window accepted, in milliseconds: 30 days, as Braze.
pub const CONVERSION_WINDOW_MS_MAX: i64 = 30 * gyre_base::DAY_MS;

/// Whether people can opt out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Advertising: opt-outs, control groups and quiet hours apply.
    Marketing,
    /// Something the person asked for.
    Transactional,
}

/// An e-mail before rendering; every field is a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailContent {
    /// `Shop <hello@shop.test>`.
    pub from: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Subject line.
    pub subject: String,
    /// Text shown beside the subject in the inbox.
    pub preheader: Option<String>,
    /// HTML body.
    pub html: Option<String>,
    /// Plain text body; made from the HTML when absent.
    pub text: Option<String>,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// Insert the open pixel.
    pub track_opens: bool,
    /// Replace links by signed redirects.
    pub track_clicks: bool,
}

/// One arm of a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Shown name.
    pub name: String,
    /// Share of the audience in 1/10,000.
    pub share: u32,
    /// The message.
    pub email: EmailContent,
}

/// An event that counts as success.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// Shown name.
    pub name: String,
    /// Which events.
    pub select: Selector,
    /// How long after the message, elapsed.
    pub within_ms: i64,
    /// Property that is summed as revenue.
    pub revenue: Option<crate::filter::PropertyRef>,
}

/// A campaign as its author wrote it, checked.
#[derive(Clone, Debug)]
pub struct CampaignDraft {
    /// Shown name.
    pub name: String,
    /// Free labels.
    pub tags: Vec<String>,
    /// Marketing by default.
    pub category: Category,
    /// Who gets it.
    pub audience: Audience,
    /// At least one.
    pub variants: Vec<Variant>,
    /// Share that gets nothing, in 1/10,000.
    pub control_share: u32,
    /// What counts as success.
    pub conversions: Vec<Conversion>,
    /// Most messages per minute; `None` is as fast as the channel allows.
    pub per_minute: Option<u32>,
}

const FIELDS: &[&str] = &[
    "name",
    "tags",
    "category",
    "audience",
    "delivery",
    "reeligible_after",
    "variants",
    "messages",
    "control",
    "conversions",
    "limits",
    "quiet_hours",
];

impl CampaignDraft {
    /// Reads a campaign.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        doc.only(FIELDS)?;
        let name = doc.need("name")?;
        let text = name.text()?.trim();
        if text.is_empty() || text.len() > 200 {
            return Err(name.error("expected a name of 1 to 200 bytes"));
        }
        let category = doc.get("category").map_or(Ok(Category::Marketing), |it| {
            it.one_of(&[
                ("marketing", Category::Marketing),
                ("transactional", Category::Transactional),
            ])
        })?;
        read_delivery(doc)?;
        let control = match doc.get("control") {
            Some(control) => {
                control.only(&["share"])?;
                control
                    .need("share")?
                    .integer(0, i64::from(SHARE_WHOLE) - 1)? as u32
            }
            None if category == Category::Marketing => CONTROL_SHARE_DEFAULT,
            None => 0,
        };
        Ok(Self {
            name: text.to_owned(),
            tags: read_tags(doc)?,
            category,
            audience: doc
                .get("audience")
                .map_or(Ok(Audience::everyone()), |it| Audience::read(&it))?,
            variants: read_variants(doc, control)?,
            control_share: control,
            conversions: read_conversions(doc)?,
            per_minute: read_limits(doc)?,
        })
    }
}

fn read_delivery(doc: &Doc<'_>) -> Read<()> {
    if let Some(delivery) = doc.get("delivery") {
        let kind = delivery.need("type")?;
        if kind.text()? != "now" {
            return Err(kind.error("only delivery now is available in this version"));
        }
        delivery.only(&["type"])?;
    }
    if let Some(it) = doc.get("reeligible_after") {
        return Err(it.error("is not available in this version"));
    }
    if let Some(it) = doc.get("quiet_hours") {
        it.one_of(&[("hold", ()), ("cancel", ()), ("ignore", ())])?;
    }
    Ok(())
}

fn read_limits(doc: &Doc<'_>) -> Read<Option<u32>> {
    let Some(limits) = doc.get("limits") else {
        return Ok(None);
    };
    limits.only(&["per_minute", "frequency", "priority"])?;
    let rate = limits
        .get("per_minute")
        .map(|it| it.integer(1, 10_000_000))
        .transpose()?;
    Ok(rate.map(|it| it as u32))
}

fn read_tags(doc: &Doc<'_>) -> Read<Vec<String>> {
    let Some(list) = doc.get("tags") else {
        return Ok(Vec::new());
    };
    list.items(100)?
        .iter()
        .map(|it| it.text().map(str::to_owned))
        .collect()
}

fn read_variants(doc: &Doc<'_>, control: u32) -> Read<Vec<Variant>> {
    if let Some(messages) = doc.get("messages") {
        if let Some(variants) = doc.get("variants") {
            return Err(variants.error("give either variants or messages, not both"));
        }
        let email = read_messages(&messages)?;
        return Ok(vec![Variant {
            name: "A".to_owned(),
            share: SHARE_WHOLE - control,
            email,
        }]);
    }
    let list = doc.need("variants")?;
    let items = list.items(26)?;
    if items.is_empty() {
        return Err(list.error("needs at least one variant"));
    }
    let mut variants = Vec::new();
    for (i, item) in items.iter().enumerate() {
        item.only(&["name", "share", "messages"])?;
        let letter = char::from(b'A' + i as u8).to_string();
        variants.push(Variant {
            name: item
                .get("name")
                .map_or(Ok(letter), |it| it.text().map(str::to_owned))?,
            share: match item.get("share") {
                Some(share) => share.integer(0, i64::from(SHARE_WHOLE))? as u32,
                None if items.len() == 1 => SHARE_WHOLE - control,
                None => {
                    return Err(FieldError::new(
                        format!("{}/share", item.pointer()),
                        "is missing",
                    ));
                }
            },
            email: read_messages(&item.need("messages")?)?,
        });
    }
    let sum: u32 = variants.iter().map(|it| it.share).sum();
    if sum + control != SHARE_WHOLE {
        let detail = format!(
            "shares and control add up to {}, not to {SHARE_WHOLE}",
            sum + control
        );
        return Err(list.error(detail));
    }
    Ok(variants)
}

fn read_messages(list: &Doc<'_>) -> Read<EmailContent> {
    let items = list.items(10)?;
    match items.as_slice() {
        [one] => EmailContent::read(one),
        _ => Err(list.error("expected exactly one message")),
    }
}

impl EmailContent {
    /// Reads one e-mail message.
    pub fn read(doc: &Doc<'_>) -> Read<Self> {
        let channel = doc.need("channel")?;
        if channel.text()? != "email" {
            return Err(channel.error("only the email channel is available in this version"));
        }
        if let Some(it) = doc.get("mjml") {
            return Err(it.error("MJML is not available in this version; give html"));
        }
        doc.only(&[
            "channel",
            "from",
            "reply_to",
            "subject",
            "preheader",
            "html",
            "text",
            "headers",
            "track",
            "utm",
        ])?;
        let text = |key: &str| {
            doc.get(key)
                .map(|it| it.text().map(str::to_owned))
                .transpose()
        };
        let (html, plain) = (text("html")?, text("text")?);
        if html.is_none() && plain.is_none() {
            return Err(FieldError::new(
                format!("{}/html", doc.pointer()),
                "is missing",
            ));
        }
        let track = |key: &str| match doc.get("track") {
            Some(track) => track.get(key).map_or(Ok(true), |it| it.boolean()),
            None => Ok(true),
        };
        let mut headers = Vec::new();
        if let Some(map) = doc.get("headers") {
            for (name, value) in map.object()? {
                let Value::String(value) = value else {
                    return Err(map.error(format!("header `{name}` is not a text")));
                };
                headers.push((name.clone(), value.clone()));
            }
        }
        Ok(Self {
            from: doc.need("from")?.text()?.to_owned(),
            reply_to: text("reply_to")?,
            subject: doc.need("subject")?.text()?.to_owned(),
            preheader: text("preheader")?,
            html,
            text: plain,
            headers,
            track_opens: track("opens")?,
            track_clicks: track("clicks")?,
        })
    }
}

fn read_conversions(doc: &Doc<'_>) -> Read<Vec<Conversion>> {
    let Some(list) = doc.get("conversions") else {
        return Ok(Vec::new());
    };
    list.items(4)?
        .iter()
        .map(|it| {
            it.only(&["name", "select", "within", "revenue"])?;
            let select = Selector::read(&it.need("select")?)?;
            let name = it
                .get("name")
                .map_or(Ok(select.name()), |n| n.text().map(str::to_owned))?;
            let within = it.need("within")?;
            let within_ms = crate::chart::read_duration(&within)?;
            if within_ms > CONVERSION_WINDOW_MS_MAX {
                return Err(within.error("is longer than 30 days"));
            }
            let revenue = it
                .get("revenue")
                .map(|r| crate::filter::PropertyRef::read(&r))
                .transpose()?;
            Ok(Conversion {
                name,
                select,
                within_ms,
                revenue,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message() -> Value {
        json!({"channel": "email", "from": "Shop <hello@shop.test>", "subject": "Hi", "html": "<p>Hi</p>"})
    }

    #[test]
    fn one_message_is_one_variant_with_the_default_control() {
        let doc = json!({"name": "Spring", "messages": [message()]});
        let draft = CampaignDraft::read(&Doc::root(&doc)).unwrap();
        assert_eq!((draft.variants[0].share, draft.control_share), (9_500, 500));
        assert!(draft.variants[0].email.track_opens);
    }

    #[test]
    fn shares_must_add_up() {
        let doc = json!({"name": "Spring", "control": {"share": 1000},
            "variants": [{"share": 4500, "messages": [message()]}, {"share": 4000, "messages": [message()]}]});
        let error = CampaignDraft::read(&Doc::root(&doc)).unwrap_err();
        assert_eq!(error.pointer, "/variants");
        assert!(error.detail.contains("9500"), "{}", error.detail);
    }

    #[test]
    fn what_is_not_there_yet_is_refused_by_name() {
        let doc = json!({"name": "x", "messages": [message()], "delivery": {"type": "api"}});
        assert_eq!(
            CampaignDraft::read(&Doc::root(&doc)).unwrap_err().pointer,
            "/delivery/type"
        );
        let doc = json!({"name": "x", "messages": [{"channel": "sms", "body": "x"}]});
        assert_eq!(
            CampaignDraft::read(&Doc::root(&doc)).unwrap_err().pointer,
            "/messages/0/channel"
        );
    }
}
