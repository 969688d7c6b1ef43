//! The instance's secret: 32 random bytes in a file that only the owner reads.
//!
//! It signs tracking tokens and seals channel secrets. Losing it makes old links and stored passwords useless.

use std::io::Write;
use std::path::Path;

/// Name of the file in the data folder.
pub const FILE_NAME: &str = "secret.key";

/// Reads the key, or makes it at the first start.
pub fn read_or_make(folder: &Path) -> std::io::Result<[u8; 32]> {
    let path = folder.join(FILE_NAME);
    match std::fs::read(&path) {
        Ok(bytes) => bytes.try_into().map_err(|_| {
            let text = format!("`{}` is not a key of 32 bytes", path.display());
            std::io::Error::new(std::io::ErrorKind::InvalidData, text)
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make(&path),
        Err(error) => Err(error),
    }
}

fn make(path: &Path) -> std::io::Result<[u8; 32]> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(std::io::Error::other)?;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(&key)?;
    file.sync_all()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let key = read_or_make(folder.path()).unwrap();
        assert_eq!(read_or_make(folder.path()).unwrap(), key);
        let mode = std::fs::metadata(folder.path().join(FILE_NAME))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
