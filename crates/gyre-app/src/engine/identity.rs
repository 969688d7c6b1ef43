//! The engine's side of identity: the rules of a workspace, and requests that go through the log like all else.

use gyre_base::{Timestamp, WorkspaceId};
use gyre_identity::{DeviceRule, IdentityRules, ProfileRule};
use gyre_meta::{IdentitySettings, Meta};
use gyre_model::Event;

use super::{Engine, EngineError};

/// Names of the rules that say whose a device is.
pub(crate) const DEVICE_RULES: &[(&str, DeviceRule)] = &[
    ("last_user", DeviceRule::LastUser),
    ("until_reset", DeviceRule::UntilReset),
];
/// Names of the rules that say which of two values wins.
pub(crate) const PROFILE_RULES: &[(&str, ProfileRule)] = &[
    ("identified_wins", ProfileRule::IdentifiedWins),
    ("latest_wins", ProfileRule::LatestWins),
];

/// The value of a name.
pub(crate) fn named<T: Copy>(names: &[(&str, T)], name: &str) -> Option<T> {
    names.iter().find(|it| it.0 == name).map(|it| it.1)
}

/// Settings of a workspace that decided nothing.
pub(crate) fn default_settings(workspace: WorkspaceId) -> IdentitySettings {
    IdentitySettings {
        workspace,
        device_rule: DEVICE_RULES[0].0.to_owned(),
        profile_rule: PROFILE_RULES[0].0.to_owned(),
        devices_per_week: None,
        blocked: "[]".to_owned(),
        updated_at: Timestamp(0),
    }
}

/// Patterns of identifiers that are nobody's, as they are kept.
pub(crate) fn patterns(settings: &IdentitySettings) -> Vec<String> {
    serde_json::from_str(&settings.blocked).unwrap_or_default()
}

/// What the settings mean. A pattern that an earlier version took and this one does not is left out, and logged.
pub(crate) fn rules(settings: &IdentitySettings) -> IdentityRules {
    let most = settings.devices_per_week.map(u32::try_from);
    let mut rules = IdentityRules::new(
        named(DEVICE_RULES, &settings.device_rule).unwrap_or_default(),
        named(PROFILE_RULES, &settings.profile_rule).unwrap_or_default(),
        most.and_then(Result::ok),
    );
    let mut patterns = patterns(settings);
    while let Err((place, detail)) = rules.block(&patterns) {
        tracing::warn!(
            place,
            detail,
            "a pattern of blocked identifiers is left out"
        );
        if patterns.len() <= place {
            break;
        }
        patterns.remove(place);
    }
    rules
}

/// The rules of a workspace.
pub(super) async fn rules_of(
    meta: &Meta,
    workspace: WorkspaceId,
) -> Result<IdentityRules, EngineError> {
    let settings = meta.identity_settings_get(workspace).await?;
    Ok(rules(
        &settings.unwrap_or_else(|| default_settings(workspace)),
    ))
}

impl Engine {
    /// Applies other rules to what is known, and shows it.
    pub(crate) async fn set_identity_rules(&self, workspace: WorkspaceId, rules: IdentityRules) {
        let handle = self.handle(workspace);
        let applied = tokio::task::spawn_blocking(move || {
            handle.people.write().set_rules(rules);
            handle.republish();
        });
        // a panic was reported where it happened
        let _ = applied.await;
    }

    /// Appends a request about identity and waits until it took effect.
    pub(crate) async fn request(
        &self,
        workspace: WorkspaceId,
        event: Event,
    ) -> Result<(), EngineError> {
        let record = gyre_collect::internal_envelope(workspace, self.inner.clock.now(), &[event]);
        self.inner.log.append(record).await?;
        self.wait_indexed(self.inner.log.durable_end()).await;
        Ok(())
    }
}
