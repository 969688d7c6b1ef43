//! Routes, by resource.

pub(crate) mod campaigns;
pub(crate) mod catalog;
pub(crate) mod channels;
pub(crate) mod charts;
pub(crate) mod cohorts;
pub(crate) mod inbox;
pub(crate) mod keys;
pub(crate) mod messages;
pub(crate) mod people;
pub(crate) mod quarantine;
pub(crate) mod session;
pub(crate) mod status;
pub(crate) mod templates;
pub(crate) mod workspace;
