//! From a campaign's content and a person to an e-mail: templates parsed once, rendered per person, finished per message.

use gyre_base::{CampaignId, Timestamp, WorkspaceId};
use gyre_deliver::channels::email::address_of;
use gyre_deliver::html::{HtmlChange, rewrite};
use gyre_deliver::{DeliverError, OutgoingEmail};
use gyre_liquid::{Dialect, RenderOptions, Template};
use gyre_meta::Message;
use gyre_model::campaign::{Category, EmailContent};
use gyre_model::people::reserved_property;
use gyre_model::{CampaignDraft, Doc, FieldError};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::people::Recipient;
use crate::tracking::Links;

/// An e-mail's templates, parsed.
#[derive(Clone, Debug)]
pub struct CompiledEmail {
    from: Template,
    reply_to: Option<Template>,
    subject: Template,
    preheader: Option<Template>,
    html: Option<Template>,
    text: Option<Template>,
    headers: Vec<(String, Template)>,
    track_opens: bool,
    track_clicks: bool,
}

/// A campaign's definition with its templates parsed.
#[derive(Clone, Debug)]
pub struct CompiledCampaign {
    /// The definition.
    pub draft: CampaignDraft,
    /// Templates of each variant, in the definition's order.
    pub emails: Vec<CompiledEmail>,
}

/// A sender without a template must be an address: found when it is written, not when thousands are sent.
fn wrong_sender(from: &str, pointer: &str) -> Option<FieldError> {
    let is_template = from.contains("{{") || from.contains("{%");
    let is_wrong = !is_template && address_of(from).is_none();
    is_wrong.then(|| {
        FieldError::new(
            format!("{pointer}/from"),
            "expected an address such as Shop <hello@shop.test>",
        )
    })
}

impl CompiledCampaign {
    /// Reads a definition and parses every template in it; what is wrong is named by its field.
    pub fn read(definition: &Value) -> Result<Self, Vec<FieldError>> {
        let draft = CampaignDraft::read(&Doc::root(definition)).map_err(|it| vec![it])?;
        let is_short = definition.get("messages").is_some_and(|it| !it.is_null());
        let mut emails = Vec::new();
        let mut errors = Vec::new();
        for (i, variant) in draft.variants.iter().enumerate() {
            let pointer = if is_short {
                "/messages/0".to_owned()
            } else {
                format!("/variants/{i}/messages/0")
            };
            errors.extend(wrong_sender(&variant.email.from, &pointer));
            match CompiledEmail::compile(&variant.email, &pointer) {
                Ok(email) => emails.push(email),
                Err(mut wrong) => errors.append(&mut wrong),
            }
        }
        if errors.is_empty() {
            Ok(Self { draft, emails })
        } else {
            Err(errors)
        }
    }

    /// The variant of this name.
    pub fn email(&self, variant: &str) -> Option<&CompiledEmail> {
        let idx = self
            .draft
            .variants
            .iter()
            .position(|it| it.name == variant)?;
        self.emails.get(idx)
    }
}

/// Why a message is not to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The template asked for it.
    Aborted {
        /// Its reason.
        reason: String,
        /// What was read up to then.
        reads: Vec<String>,
    },
    /// A template failed.
    Broken {
        /// Which field.
        field: String,
        /// What is wrong.
        detail: String,
    },
}

/// An e-mail of one person, before tracking and headers of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderedEmail {
    /// `Shop <hello@shop.test>`.
    pub from: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Subject line.
    pub subject: String,
    /// Text beside the subject.
    pub preheader: Option<String>,
    /// HTML body.
    pub html: Option<String>,
    /// Plain text body.
    pub text: Option<String>,
    /// The author's headers.
    pub headers: Vec<(String, String)>,
    /// What was read of the person and the campaign.
    pub reads: Vec<String>,
}

impl CompiledEmail {
    /// Parses every field; `pointer` leads to the message in its document.
    pub fn compile(content: &EmailContent, pointer: &str) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut parse = |field: &str, source: &str| match Template::parse(source, Dialect::Braze) {
            Ok(template) => Some(template),
            Err(wrong) => {
                let at = format!("{pointer}/{field}");
                errors.extend(wrong.iter().map(|it| FieldError::new(&at, it.to_string())));
                None
            }
        };
        let from = parse("from", &content.from);
        let subject = parse("subject", &content.subject);
        let mut optional = |field: &str, source: &Option<String>| {
            source.as_deref().and_then(|it| parse(field, it))
        };
        let reply_to = optional("reply_to", &content.reply_to);
        let preheader = optional("preheader", &content.preheader);
        let html = optional("html", &content.html);
        let text = optional("text", &content.text);
        let headers = content
            .headers
            .iter()
            .filter_map(|(name, value)| {
                let field = format!("headers/{}", name.replace('~', "~0").replace('/', "~1"));
                Some((name.clone(), parse(&field, value)?))
            })
            .collect();
        match (from, subject) {
            (Some(from), Some(subject)) if errors.is_empty() => Ok(Self {
                from,
                reply_to,
                subject,
                preheader,
                html,
                text,
                headers,
                track_opens: content.track_opens,
                track_clicks: content.track_clicks,
            }),
            _ => Err(errors),
        }
    }

    /// Renders every field; an abort in any of them aborts the message.
    pub fn render(&self, data: &Value, now: Timestamp) -> Result<RenderedEmail, Refusal> {
        let options = RenderOptions {
            now: Some(now),
            ..RenderOptions::default()
        };
        let mut reads: Vec<String> = Vec::new();
        let mut render = |field: &str, template: &Template| -> Result<String, Refusal> {
            let rendered = template
                .render(data, &options)
                .map_err(|it| Refusal::Broken {
                    field: field.to_owned(),
                    detail: it.to_string(),
                })?;
            for read in rendered.reads {
                if !reads.contains(&read) {
                    reads.push(read);
                }
            }
            match rendered.aborted {
                Some(reason) => Err(Refusal::Aborted {
                    reason,
                    reads: reads.clone(),
                }),
                None => Ok(rendered.output),
            }
        };
        let from = render("from", &self.from)?;
        let subject = render("subject", &self.subject)?;
        let mut optional = |field: &str, template: &Option<Template>| {
            template.as_ref().map(|it| render(field, it)).transpose()
        };
        let reply_to = optional("reply_to", &self.reply_to)?;
        let preheader = optional("preheader", &self.preheader)?;
        let html = optional("html", &self.html)?;
        let text = optional("text", &self.text)?;
        let mut headers = Vec::new();
        for (name, template) in &self.headers {
            headers.push((name.clone(), render(name, template)?));
        }
        Ok(RenderedEmail {
            from,
            reply_to,
            subject,
            preheader,
            html,
            text,
            headers,
            reads,
        })
    }

    /// Adds what belongs to one message: tracked links, the pixel, the way out.
    pub fn finish(
        &self,
        rendered: RenderedEmail,
        category: Category,
        message: &Message,
        links: &Links,
        date: Timestamp,
    ) -> Result<OutgoingEmail, DeliverError> {
        let (workspace, id) = (message.workspace, message.id);
        let unsubscribe_url = links.unsubscribe(workspace, id);
        let pixel_url = self.track_opens.then(|| links.open(workspace, id));
        let html = rendered.html.as_deref().map(|html| {
            let change = HtmlChange {
                pixel_url: pixel_url.as_deref(),
                preheader: rendered.preheader.as_deref(),
                kept_urls: &[&unsubscribe_url],
            };
            rewrite(html, change, &mut |link_id, url| {
                let is_tracked = self.track_clicks && !links.is_ours(url);
                is_tracked
                    .then(|| links.click(workspace, id, link_id, url))
                    .flatten()
            })
        });
        Ok(OutgoingEmail {
            message_id: id,
            attempt: message.attempt + 1,
            date,
            from: rendered.from,
            to: message.address.clone().unwrap_or_default(),
            reply_to: rendered.reply_to,
            subject: rendered.subject,
            html: html.transpose()?,
            text: rendered.text,
            headers: rendered.headers,
            unsubscribe_url: (category == Category::Marketing).then_some(unsubscribe_url),
            return_path: None,
        })
    }
}

/// What a template may know of the campaign.
#[derive(Clone, Copy, Debug)]
pub struct CampaignNames<'a> {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Id; `None` for a message that is not saved.
    pub id: Option<CampaignId>,
    /// Shown name.
    pub name: &'a str,
    /// Dispatch, once launched.
    pub dispatch: Option<Uuid>,
}

/// What templates read: reserved properties at the top, every property under `custom_attribute`, the campaign.
pub fn template_data(
    recipient: Option<&Recipient>,
    campaign: CampaignNames<'_>,
    unsubscribe_url: &str,
) -> Value {
    let mut data = Map::new();
    if let Some(recipient) = recipient {
        for (key, value) in &recipient.properties {
            if let Some(reserved) = reserved_property(key) {
                // the canonical spelling stands above others
                if key == reserved || !data.contains_key(reserved) {
                    data.insert(reserved.to_owned(), value.clone());
                }
            }
        }
        data.insert("user_id".to_owned(), json!(recipient.external_id));
        let attributes = Value::Object(recipient.properties.clone());
        data.insert("custom_attribute".to_owned(), attributes);
    }
    let names = json!({
        "name": campaign.name,
        "api_id": campaign.id,
        "dispatch_id": campaign.dispatch,
    });
    data.insert("campaign".to_owned(), names);
    for name in ["set_user_to_unsubscribed_url", "unsubscribe_url"] {
        data.insert(name.to_owned(), json!(unsubscribe_url));
    }
    Value::Object(data)
}
