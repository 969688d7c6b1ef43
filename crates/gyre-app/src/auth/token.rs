//! Tokens and keys: random text that is kept as a hash only.

use gyre_base::Secret;
use gyre_meta::KeyKind;
use sha2::{Digest, Sha256};

use super::AuthError;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Letters of a key: 43 of base 62 are 256 bits.
const KEY_LETTERS: usize = 43;
/// Letters of a password made for somebody: 20 of base 62 are 119 bits.
const PASSWORD_LETTERS: usize = 20;

/// 256 random bits as hex: a session's token, a CSRF token.
pub(crate) fn random_token() -> Result<Secret, AuthError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| AuthError::Secret)?;
    Ok(Secret::new(hex::encode(bytes)))
}

/// A new key: `gyre_api_…` or `gyre_write_…`.
pub(crate) fn random_key(kind: KeyKind) -> Result<Secret, AuthError> {
    let letters = random_letters(KEY_LETTERS)?;
    Ok(Secret::new(format!("gyre_{}_{letters}", kind.name())))
}

/// A password for somebody who gave none.
pub(crate) fn random_password() -> Result<Secret, AuthError> {
    random_letters(PASSWORD_LETTERS).map(Secret::new)
}

fn random_letters(count: usize) -> Result<String, AuthError> {
    let mut text = String::with_capacity(count);
    while text.len() < count {
        let mut bytes = [0_u8; 64];
        getrandom::fill(&mut bytes).map_err(|_| AuthError::Secret)?;
        // bytes beyond the last multiple of 62 would favour the first letters
        let even = bytes.iter().filter(|it| **it < 248);
        let letters = even.map(|it| char::from(BASE62[usize::from(it % 62)]));
        text.extend(letters.take(count - text.len()));
    }
    Ok(text)
}

/// What is stored of a token or key. A fast hash is enough: there are no few likely values to try.
pub(crate) fn hash_of_token(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
pub fn same_secret(a: &str, b: &str) -> bool {
    let differences = a
        .bytes()
        .zip(b.bytes())
        .fold(0, |sum, (x, y)| sum | (x ^ y));
    a.len() == b.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_what_they_open_and_never_repeat() {
        let key = random_key(KeyKind::Write).unwrap();
        let letters = key.reveal().strip_prefix("gyre_write_").unwrap();
        assert_eq!(letters.len(), KEY_LETTERS);
        assert!(letters.bytes().all(|it| BASE62.contains(&it)), "{letters}");
        assert_ne!(key, random_key(KeyKind::Write).unwrap());
        assert!(
            random_key(KeyKind::Api)
                .unwrap()
                .reveal()
                .starts_with("gyre_api_")
        );
        assert_eq!(random_token().unwrap().reveal().len(), 64);
        assert_eq!(random_password().unwrap().reveal().len(), PASSWORD_LETTERS);
    }

    #[test]
    fn secrets_are_compared_whole() {
        assert!(same_secret("abc", "abc"));
        for other in ["abd", "ab", "abcd", ""] {
            assert!(!same_secret("abc", other), "{other}");
        }
    }
}
