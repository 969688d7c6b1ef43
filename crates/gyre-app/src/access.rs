//! Proofs of access: an unauthorised call does not compile, because only authentication makes them.

use gyre_base::{UserId, WorkspaceId};

/// Someone may read this workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CanRead {
    workspace: WorkspaceId,
    user: Option<UserId>,
}

/// Someone may read and change this workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CanWrite(CanRead);

impl CanRead {
    pub(crate) fn new(workspace: WorkspaceId, user: Option<UserId>) -> Self {
        Self { workspace, user }
    }

    /// Which workspace.
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// Who; `None` for an API key.
    pub fn user(&self) -> Option<UserId> {
        self.user
    }
}

impl CanWrite {
    pub(crate) fn new(workspace: WorkspaceId, user: Option<UserId>) -> Self {
        Self(CanRead::new(workspace, user))
    }

    /// Which workspace.
    pub fn workspace(&self) -> WorkspaceId {
        self.0.workspace
    }

    /// Who; `None` for an API key.
    pub fn user(&self) -> Option<UserId> {
        self.0.user
    }

    /// Who may write may read.
    pub fn as_read(&self) -> &CanRead {
        &self.0
    }
}
