//! Newtypes for the ids of stored things. Each is a UUID on the wire and in SQL text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new random id.
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(/// A workspace: the unit of isolation.
    WorkspaceId);
id!(/// A person who signs in to the console.
    UserId);
id!(/// An API key or a write key.
    KeyId);
id!(/// A saved cohort.
    CohortId);
id!(/// A campaign.
    CampaignId);
id!(/// One message to one person; deterministic, see `gyre_model::message`.
    MessageId);
id!(/// An import job, or a file that waits for one.
    ImportId);
id!(/// A webhook or postback source.
    SourceId);
