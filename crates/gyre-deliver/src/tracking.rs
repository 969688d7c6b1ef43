//! Signed tokens of the links and pixels in messages.
//!
//! A token says what it is for and is worth nothing when a bit of it changes, so a click can only lead where we wrote
//! that it leads. Layout: version, kind, workspace, message, for a click the link's number and url, then the first 16
//! bytes of HMAC-SHA256 over all of that; base64 for urls without padding.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gyre_base::{MessageId, WorkspaceId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

/// Longest url that is tracked; longer ones are left as they are. Browsers and mail programs cut near 2,000.
pub const URL_BYTES_MAX: usize = 2_000;

const VERSION: u8 = 1;
const MAC_BYTES: usize = 16;
const HEAD_BYTES: usize = 2 + 16 + 16;
/// Longest token looked at: base64 of the longest url and everything around it.
const TOKEN_BYTES_MAX: usize = (HEAD_BYTES + 2 + URL_BYTES_MAX + MAC_BYTES).div_ceil(3) * 4;

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tracked {
    /// The open pixel.
    Open {
        /// Workspace.
        workspace: WorkspaceId,
        /// Message.
        message: MessageId,
    },
    /// A link.
    Click {
        /// Workspace.
        workspace: WorkspaceId,
        /// Message.
        message: MessageId,
        /// Number of the link in the message, from 0.
        link_id: u16,
        /// Where it leads: `http` or `https`.
        url: String,
    },
    /// The way out.
    Unsubscribe {
        /// Workspace.
        workspace: WorkspaceId,
        /// Message.
        message: MessageId,
    },
}

/// The key that signs and checks tokens.
#[derive(Clone)]
pub struct TrackingKey(Hmac<Sha256>);

impl std::fmt::Debug for TrackingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TrackingKey(..)")
    }
}

impl TrackingKey {
    /// A key of 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        // the purpose is part of the key, so that one secret may serve other purposes too
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes any key length");
        mac.update(b"gyre tracking token\0");
        Self(mac)
    }

    /// Writes a token. A url that is too long or is not `http(s)` has none.
    pub fn sign(&self, tracked: &Tracked) -> Option<String> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + MAC_BYTES);
        let (kind, workspace, message) = match tracked {
            Tracked::Open { workspace, message } => (b'o', workspace, message),
            Tracked::Click {
                workspace, message, ..
            } => (b'c', workspace, message),
            Tracked::Unsubscribe { workspace, message } => (b'u', workspace, message),
        };
        bytes.extend([VERSION, kind]);
        bytes.extend(workspace.0.as_bytes());
        bytes.extend(message.0.as_bytes());
        if let Tracked::Click { link_id, url, .. } = tracked {
            if !is_web_url(url) || url.len() > URL_BYTES_MAX {
                return None;
            }
            bytes.extend(link_id.to_be_bytes());
            bytes.extend(url.as_bytes());
        }
        let mut mac = self.0.clone();
        mac.update(&bytes);
        let tag = mac.finalize().into_bytes();
        bytes.extend(&tag[..MAC_BYTES]);
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads a token; `None` if it is not one of ours, whole and unchanged. Compares in constant time.
    pub fn verify(&self, token: &str) -> Option<Tracked> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (body, tag) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        let mut mac = self.0.clone();
        mac.update(body);
        mac.verify_truncated_left(tag).ok()?;
        let (head, rest) = body.split_at_checked(HEAD_BYTES)?;
        if head[0] != VERSION {
            return None;
        }
        let workspace = WorkspaceId(Uuid::from_slice(&head[2..18]).ok()?);
        let message = MessageId(Uuid::from_slice(&head[18..34]).ok()?);
        match head[1] {
            b'o' => Some(Tracked::Open { workspace, message }),
            b'u' => Some(Tracked::Unsubscribe { workspace, message }),
            b'c' => {
                let (link_id, url) = rest.split_at_checked(2)?;
                let url = String::from_utf8(url.to_vec()).ok()?;
                is_web_url(&url).then_some(Tracked::Click {
                    workspace,
                    message,
                    link_id: u16::from_be_bytes([link_id[0], link_id[1]]),
                    url,
                })
            }
            _ => None,
        }
    }
}

/// Whether a url may be redirected to: absolute, `http` or `https`, without control characters or spaces.
pub fn is_web_url(url: &str) -> bool {
    let scheme_fits = ["http://", "https://"].iter().any(|scheme| {
        url.get(..scheme.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(scheme))
    });
    scheme_fits && !url.chars().any(|it| it.is_control() || it == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn click(url: &str) -> Tracked {
        Tracked::Click {
            workspace: WorkspaceId::random(),
            message: MessageId::random(),
            link_id: 3,
            url: url.to_owned(),
        }
    }

    fn key(byte: u8) -> TrackingKey {
        TrackingKey::new(&[byte; 32])
    }

    #[test]
    fn tokens_come_back_as_they_were_signed() {
        let (workspace, message) = (WorkspaceId::random(), MessageId::random());
        for tracked in [
            Tracked::Open { workspace, message },
            Tracked::Unsubscribe { workspace, message },
            click("https://shop.test/a?b=1&c=한글#x"),
        ] {
            let token = key(1).sign(&tracked).unwrap();
            assert_eq!(key(1).verify(&token), Some(tracked));
        }
    }

    #[test]
    fn a_token_with_any_changed_bit_is_worth_nothing() {
        let token = key(1).sign(&click("https://shop.test/")).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for i in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[i] ^= 1 << bit;
                let forged = URL_SAFE_NO_PAD.encode(changed);
                assert_eq!(key(1).verify(&forged), None, "byte {i}, bit {bit}");
            }
        }
        assert_eq!(key(2).verify(&token), None, "another key");
        for part in [
            "",
            "A",
            &token[1..],
            &token[..token.len() - 1],
            &(token.clone() + "A"),
        ] {
            assert_eq!(key(1).verify(part), None, "{part}");
        }
    }

    #[test]
    fn an_unsubscribe_token_is_no_click_token() {
        let (workspace, message) = (WorkspaceId::random(), MessageId::random());
        let token = key(1)
            .sign(&Tracked::Unsubscribe { workspace, message })
            .unwrap();
        assert!(matches!(
            key(1).verify(&token),
            Some(Tracked::Unsubscribe { .. })
        ));
    }

    #[test]
    fn only_web_urls_are_signed() {
        for url in [
            "javascript:alert(1)",
            "mailto:a@b.test",
            "//evil.test",
            "/relative",
            "https://a.test/\r\nSet-Cookie: x",
            "",
        ] {
            assert_eq!(key(1).sign(&click(url)), None, "{url}");
        }
        let long = format!("https://a.test/{}", "x".repeat(URL_BYTES_MAX));
        assert_eq!(key(1).sign(&click(&long)), None);
    }
}
