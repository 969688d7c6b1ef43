//! Passwords: Argon2id in PHC strings.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use gyre_base::Secret;

use super::AuthError;

/// A hash that no password has, with the parameters of real ones: verifying against it takes as long.
pub(super) const UNKNOWN_USER_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes a password with 19 MiB, two passes, one lane (OWASP's recommendation) and a random salt.
pub(crate) fn hash_password(password: &Secret) -> Result<String, AuthError> {
    let hash: Result<PasswordHash, _> =
        Argon2::default().hash_password(password.reveal().as_bytes());
    hash.map(|it| it.to_string()).map_err(|_| AuthError::Secret)
}

/// Whether this is the password; false for a hash that cannot be read.
pub(super) fn verify_password(password: &Secret, hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else {
        return false;
    };
    Argon2::default()
        .verify_password(password.reveal().as_bytes(), &hash)
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash() {
        let password = Secret::new("correct horse");
        let hash = hash_password(&password).unwrap();
        assert!(verify_password(&password, &hash));
        assert!(!verify_password(&Secret::new("correct hors"), &hash));
        assert!(!verify_password(&password, "not a hash"));
        assert_ne!(hash, hash_password(&password).unwrap(), "salted");
    }

    #[test]
    fn an_unknown_user_costs_as_much_as_a_known_one() {
        let real = hash_password(&Secret::new("x")).unwrap();
        let parameters = |hash: &str| {
            hash.split('$')
                .take(4)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(parameters(UNKNOWN_USER_HASH), parameters(&real));
        assert!(PasswordHash::new(UNKNOWN_USER_HASH).is_ok());
        assert!(!verify_password(&Secret::new(""), UNKNOWN_USER_HASH));
    }
}
