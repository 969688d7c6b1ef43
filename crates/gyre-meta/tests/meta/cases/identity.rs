//! What a workspace decides about identity.

use gyre_meta::{IdentitySettings, Meta};

use super::{at, with_workspace};

pub(crate) async fn the_settings_are_the_ones_written_last(meta: Meta) {
    let workspace = with_workspace(&meta).await;
    let other = with_workspace(&meta).await;
    let found = meta.identity_settings_get(workspace).await.unwrap();
    assert_eq!(found, None);
    let mut settings = IdentitySettings {
        workspace,
        device_rule: "until_reset".to_owned(),
        profile_rule: "identified_wins".to_owned(),
        devices_per_week: Some(5),
        blocked: r#"["qa-.*"]"#.to_owned(),
        updated_at: at(1),
    };
    meta.identity_settings_put(&settings).await.unwrap();
    let found = meta.identity_settings_get(workspace).await.unwrap();
    assert_eq!(found.as_ref(), Some(&settings));
    settings.devices_per_week = None;
    "[]".clone_into(&mut settings.blocked);
    meta.identity_settings_put(&settings).await.unwrap();
    let found = meta.identity_settings_get(workspace).await.unwrap();
    assert_eq!(found, Some(settings));
    let found = meta.identity_settings_get(other).await.unwrap();
    assert_eq!(found, None, "of another workspace");
}
