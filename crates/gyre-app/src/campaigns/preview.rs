//! Looking at a message before it is sent: preview as a person, and a test to an address.

use gyre_base::{CampaignId, MessageId, WorkspaceId};
use gyre_deliver::{AlwaysAllow, Outcome, OutgoingEmail};
use gyre_model::campaign::EmailContent;
use gyre_model::{Doc, FieldError};
use serde_json::Value;

use super::compose::{CampaignNames, CompiledEmail, Refusal, RenderedEmail, template_data};
use super::people::Recipient;
use super::{CampaignError, Campaigns, compiled};
use crate::access::{CanRead, CanWrite};

/// A message as one person would get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Every field rendered; empty if the template stopped the message.
    pub fields: PreviewFields,
    /// What was read of the person and the campaign.
    pub reads: Vec<String>,
    /// The reason, if the template stopped the message.
    pub aborted: Option<String>,
}

/// Fields of an e-mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreviewFields {
    /// Sender.
    pub from: String,
    /// Subject line.
    pub subject: String,
    /// Text beside the subject.
    pub preheader: Option<String>,
    /// HTML body.
    pub html: Option<String>,
    /// Plain text body: the author's, or what is made from the HTML.
    pub text: Option<String>,
}

impl Preview {
    fn of(rendered: Result<RenderedEmail, Refusal>) -> Result<Self, CampaignError> {
        match rendered {
            Ok(it) => Ok(Self {
                fields: PreviewFields {
                    text: it
                        .text
                        .or_else(|| it.html.as_deref().map(gyre_deliver::html::text_of)),
                    from: it.from,
                    subject: it.subject,
                    preheader: it.preheader,
                    html: it.html,
                },
                reads: it.reads,
                aborted: None,
            }),
            Err(Refusal::Aborted { reason, reads }) => Ok(Self {
                fields: PreviewFields::default(),
                reads,
                aborted: Some(reason),
            }),
            Err(Refusal::Broken { field, detail }) => Err(broken(&field, detail)),
        }
    }
}

fn broken(field: &str, detail: String) -> CampaignError {
    CampaignError::Invalid(vec![FieldError::new(format!("/message/{field}"), detail)])
}

impl Campaigns {
    /// Renders a saved campaign's message as a person; the first variant if none is named.
    pub async fn campaign_preview(
        &self,
        can: &CanRead,
        id: CampaignId,
        variant: Option<&str>,
        as_person: Option<&str>,
    ) -> Result<Preview, CampaignError> {
        let (email, name) = self.email_of(can.workspace(), id, variant).await?;
        let recipient = self.recipient(can.workspace(), as_person)?;
        let names = CampaignNames {
            workspace: can.workspace(),
            id: Some(id),
            name: &name,
            dispatch: None,
        };
        Preview::of(self.render(&email, names, recipient.as_ref()))
    }

    /// Renders a message that is not saved.
    pub fn message_preview(
        &self,
        can: &CanRead,
        message: &Value,
        as_person: Option<&str>,
    ) -> Result<Preview, CampaignError> {
        let content = EmailContent::read(&Doc::at(message, "/message"))?;
        let email = CompiledEmail::compile(&content, "/message").map_err(CampaignError::Invalid)?;
        let recipient = self.recipient(can.workspace(), as_person)?;
        let names = CampaignNames {
            workspace: can.workspace(),
            id: None,
            name: "",
            dispatch: None,
        };
        Preview::of(self.render(&email, names, recipient.as_ref()))
    }

    /// Sends a campaign's message to an address, rendered as a person. It is in no ledger and is not tracked.
    pub async fn campaign_test(
        &self,
        can: &CanWrite,
        id: CampaignId,
        variant: Option<&str>,
        to: &str,
        as_person: Option<&str>,
    ) -> Result<String, CampaignError> {
        let (email, name) = self.email_of(can.workspace(), id, variant).await?;
        let recipient = self.recipient(can.workspace(), as_person)?;
        let names = CampaignNames {
            workspace: can.workspace(),
            id: Some(id),
            name: &name,
            dispatch: None,
        };
        let rendered = match self.render(&email, names, recipient.as_ref()) {
            Ok(rendered) => rendered,
            Err(Refusal::Aborted { reason, .. }) => {
                let reason = format!("the template stopped it: {reason}");
                return Err(CampaignError::NotTaken { reason });
            }
            Err(Refusal::Broken { field, detail }) => return Err(broken(&field, detail)),
        };
        let provider = self.inner.channels.email(can.workspace()).await?;
        let outgoing = OutgoingEmail {
            message_id: MessageId::random(),
            attempt: 1,
            date: self.inner.clock.now(),
            from: rendered.from,
            to: to.to_owned(),
            reply_to: rendered.reply_to,
            subject: rendered.subject,
            html: rendered.html,
            text: rendered.text,
            headers: rendered.headers,
            unsubscribe_url: None,
            return_path: None,
        };
        match provider.send(&outgoing.to_mime()?, &AlwaysAllow).await {
            Outcome::Accepted { detail, .. } => Ok(detail),
            Outcome::Rejected { reason, .. }
            | Outcome::Transient { reason, .. }
            | Outcome::Misconfigured { reason }
            | Outcome::Unknown { reason } => Err(CampaignError::NotTaken { reason }),
        }
    }

    async fn email_of(
        &self,
        workspace: WorkspaceId,
        id: CampaignId,
        variant: Option<&str>,
    ) -> Result<(CompiledEmail, String), CampaignError> {
        let campaign = self.inner.meta.campaign_get(workspace, id).await?;
        let compiled = compiled(&campaign)?;
        let email = match variant {
            Some(name) => compiled.email(name),
            None => compiled.emails.first(),
        };
        let email = email.cloned();
        Ok((
            email.ok_or(CampaignError::NotFound { what: "variant" })?,
            campaign.name,
        ))
    }

    fn recipient(
        &self,
        workspace: WorkspaceId,
        as_person: Option<&str>,
    ) -> Result<Option<Recipient>, CampaignError> {
        let Some(id) = as_person.filter(|it| !it.is_empty()) else {
            return Ok(None);
        };
        let people = &self.inner.people;
        let found = people
            .find(workspace, id)
            .and_then(|it| people.person(workspace, it));
        found
            .map(Some)
            .ok_or(CampaignError::NotFound { what: "person" })
    }

    fn render(
        &self,
        email: &CompiledEmail,
        names: CampaignNames<'_>,
        recipient: Option<&Recipient>,
    ) -> Result<RenderedEmail, Refusal> {
        let url = self.inner.links.preview_unsubscribe();
        let data = template_data(recipient, names, &url);
        email.render(&data, self.inner.clock.now())
    }
}
