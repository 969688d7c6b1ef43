//! Proofs of access: an unauthorised call does not compile, because only authentication makes them.

use gyre_base::{Blame, Failure, UserId, WorkspaceId};
use gyre_meta::Role;

/// Someone may read this workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CanRead {
    workspace: WorkspaceId,
    user: Option<UserId>,
}

/// Someone may read and change this workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CanWrite(CanRead);

/// Someone may change settings and keys of this workspace too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CanAdmin(CanRead);

/// Who asks, once that is known, and what they may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    read: CanRead,
    role: Role,
}

/// Someone is known, and may not do this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {} may not do this", role.name())]
pub struct Forbidden {
    /// What they are.
    pub role: Role,
}

impl Failure for Forbidden {
    fn code(&self) -> &'static str {
        "forbidden"
    }

    fn blame(&self) -> Blame {
        Blame::Caller
    }
}

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

impl CanAdmin {
    /// Which workspace.
    pub fn workspace(&self) -> WorkspaceId {
        self.0.workspace
    }

    /// Who; `None` for an API key.
    pub fn user(&self) -> Option<UserId> {
        self.0.user
    }

    /// Who may administer may read.
    pub fn as_read(&self) -> &CanRead {
        &self.0
    }

    /// Who may administer may write.
    pub fn as_write(&self) -> CanWrite {
        CanWrite(self.0)
    }
}

impl Access {
    pub(crate) fn new(workspace: WorkspaceId, user: Option<UserId>, role: Role) -> Self {
        let read = CanRead::new(workspace, user);
        Self { read, role }
    }

    /// Access of the command line: whoever can open the data folder could read and change the files themselves.
    pub fn operator(workspace: WorkspaceId) -> Self {
        Self::new(workspace, None, Role::Admin)
    }

    /// What they are.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Everybody who is known may read.
    pub fn read(&self) -> CanRead {
        self.read
    }

    /// Proof that they may change things.
    pub fn write(&self) -> Result<CanWrite, Forbidden> {
        match self.role {
            Role::Admin | Role::Editor => Ok(CanWrite(self.read)),
            Role::Viewer => Err(Forbidden { role: self.role }),
        }
    }

    /// Proof that they may change settings and keys.
    pub fn admin(&self) -> Result<CanAdmin, Forbidden> {
        match self.role {
            Role::Admin => Ok(CanAdmin(self.read)),
            Role::Editor | Role::Viewer => Err(Forbidden { role: self.role }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_its_proofs() {
        for (role, may_write, may_administer) in [
            (Role::Admin, true, true),
            (Role::Editor, true, false),
            (Role::Viewer, false, false),
        ] {
            let access = Access::new(WorkspaceId::random(), None, role);
            assert_eq!(access.write().is_ok(), may_write, "{role:?}");
            assert_eq!(access.admin().is_ok(), may_administer, "{role:?}");
        }
    }
}
