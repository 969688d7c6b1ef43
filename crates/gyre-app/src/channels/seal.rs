//! Secrets at rest: XChaCha20-Poly1305 under a key that the command keeps in a file beside the data.
//!
//! What is sealed is bound to its place (workspace and channel), so that it cannot be moved to another.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

const PREFIX: &str = "v1.";
const NONCE_BYTES: usize = 24;

/// Seals and opens texts.
#[derive(Clone)]
pub struct Sealer(XChaCha20Poly1305);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(..)")
    }
}

impl Sealer {
    /// A sealer that draws its key from this secret, which may serve other purposes too.
    pub fn new(secret: &[u8; 32]) -> Self {
        let mut digest = Sha256::new();
        digest.update(b"gyre sealed channels\0");
        digest.update(secret);
        let key: [u8; 32] = digest.finalize().into();
        Self(XChaCha20Poly1305::new(&Key::from(key)))
    }

    /// Seals a text for a place; `None` only if the system has no randomness.
    pub(crate) fn seal(&self, text: &str, place: &str) -> Option<String> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).ok()?;
        let payload = Payload {
            msg: text.as_bytes(),
            aad: place.as_bytes(),
        };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).ok()?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Some(format!("{PREFIX}{}", STANDARD.encode(bytes)))
    }

    /// Opens what was sealed for the same place with the same key.
    pub(crate) fn open(&self, sealed: &str, place: &str) -> Option<String> {
        let bytes = STANDARD.decode(sealed.strip_prefix(PREFIX)?).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: sealed,
            aad: place.as_bytes(),
        };
        let opened = self.0.decrypt(&XNonce::from(*nonce), payload).ok()?;
        String::from_utf8(opened).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_in_its_place_with_its_key() {
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal("secret", "w1/email").unwrap();
        assert!(!sealed.contains("secret"));
        assert_eq!(sealer.open(&sealed, "w1/email").as_deref(), Some("secret"));
        assert_eq!(sealer.open(&sealed, "w2/email"), None);
        assert_eq!(Sealer::new(&[8; 32]).open(&sealed, "w1/email"), None);
        let mut changed = sealed.clone();
        changed.replace_range(10..11, if &sealed[10..11] == "A" { "B" } else { "A" });
        assert_eq!(sealer.open(&changed, "w1/email"), None);
        assert_ne!(sealer.seal("secret", "w1/email"), Some(sealed));
    }
}
