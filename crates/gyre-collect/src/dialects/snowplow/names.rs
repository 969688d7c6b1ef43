//! What the protocol's short names stand for. Source: Snowplow's documentation of the tracker protocol.

/// Where an event happened: names of the protocol and of the context.
pub(super) const CONTEXT: &[(&str, &str)] = &[
    ("cd", "color_depth"),
    ("cs", "charset"),
    ("ds", "document_size"),
    ("ip", "ip"),
    ("lang", "language"),
    ("page", "page_title"),
    ("refr", "referrer"),
    ("sid", "session_uuid"),
    ("tna", "tracker_namespace"),
    ("tz", "timezone"),
    ("ua", "user_agent"),
    ("url", "page_url"),
    ("vid", "session_count"),
    ("vp", "viewport_size"),
];

/// Facts of an event: names of the protocol and of the properties, and whether they are numbers.
pub(super) const PROPERTIES: &[(&str, &str, Is)] = &[
    ("pp_max", "scroll_x_max", Is::Number),
    ("pp_may", "scroll_y_max", Is::Number),
    ("pp_mix", "scroll_x_min", Is::Number),
    ("pp_miy", "scroll_y_min", Is::Number),
    ("se_ac", "action", Is::Text),
    ("se_ca", "category", Is::Text),
    ("se_la", "label", Is::Text),
    ("se_pr", "property", Is::Text),
    ("se_va", "value", Is::Number),
    ("ti_ca", "category", Is::Text),
    ("ti_cu", "currency", Is::Text),
    ("ti_id", "order_id", Is::Text),
    ("ti_nm", "name", Is::Text),
    ("ti_pr", "price", Is::Number),
    ("ti_qu", "quantity", Is::Number),
    ("ti_sk", "sku", Is::Text),
    ("tr_af", "affiliation", Is::Text),
    ("tr_ci", "city", Is::Text),
    ("tr_co", "country", Is::Text),
    ("tr_cu", "currency", Is::Text),
    ("tr_id", "order_id", Is::Text),
    ("tr_sh", "shipping", Is::Number),
    ("tr_st", "state", Is::Text),
    ("tr_tt", "revenue", Is::Number),
    ("tr_tx", "tax", Is::Number),
];

/// What a text of the protocol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    Text,
    Number,
}

/// Platforms that are those of other dialects; any other keeps its short name.
pub(super) const PLATFORMS: &[(&str, &str)] =
    &[("mob", "Mobile"), ("srv", "Server"), ("web", "Web")];

/// Facts of standard entities that are those of other dialects: entity, its name there, and the context's.
pub(super) const ENTITIES: &[(&str, &str, &str)] = &[
    ("application", "build", "app_build"),
    ("application", "version", "app_version"),
    ("geolocation_context", "latitude", "location_lat"),
    ("geolocation_context", "longitude", "location_lng"),
    ("mobile_context", "appleIdfa", "idfa"),
    ("mobile_context", "appleIdfv", "idfv"),
    ("mobile_context", "carrier", "carrier"),
    (
        "mobile_context",
        "deviceManufacturer",
        "device_manufacturer",
    ),
    ("mobile_context", "deviceModel", "device_model"),
    ("mobile_context", "osType", "os_name"),
    ("mobile_context", "osVersion", "os_version"),
];
