//! Undoing compression by what the bytes are, never by what a header says.
//!
//! posthog-js and rudder-sdk-node label gzip as text or as a form; proxies compress twice. So magic
//! numbers decide, and the inflated size is bounded while inflating.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

/// Why a body could not be inflated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InflateError {
    /// It would be larger than this.
    TooLarge(usize),
    /// It claims a compression and does not hold to it.
    Broken(&'static str),
}

/// Compressed once by the client and once more on the way is all that is ever seen.
const LAYERS_MAX: usize = 2;
/// zstd windows up to 32 MiB: more than any body we take needs.
const ZSTD_WINDOW_LOG_MAX: u32 = 25;

/// The body itself, at most `bytes_max` bytes of it.
pub(crate) fn inflate(body: &Bytes, bytes_max: usize) -> Result<Bytes, InflateError> {
    let mut body = body.clone();
    for _ in 0..LAYERS_MAX {
        body = if body.starts_with(&[0x1f, 0x8b]) {
            let raw = bounded(MultiGzDecoder::new(&body[..]), bytes_max);
            raw?.ok_or(InflateError::Broken("gzip"))?.into()
        } else if body.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            let decoder = zstd::stream::read::Decoder::with_buffer(&body[..]);
            let mut decoder = decoder.map_err(|_| InflateError::Broken("zstd"))?;
            decoder
                .window_log_max(ZSTD_WINDOW_LOG_MAX)
                .map_err(|_| InflateError::Broken("zstd"))?;
            bounded(decoder, bytes_max)?
                .ok_or(InflateError::Broken("zstd"))?
                .into()
        } else {
            break;
        };
    }
    if body.len() > bytes_max {
        return Err(InflateError::TooLarge(bytes_max));
    }
    Ok(body)
}

/// Everything the reader has, if it is not too much; `None` if the reader fails.
fn bounded(reader: impl Read, bytes_max: usize) -> Result<Option<Vec<u8>>, InflateError> {
    let mut raw = Vec::new();
    let read = reader.take(bytes_max as u64 + 1).read_to_end(&mut raw);
    if raw.len() > bytes_max {
        return Err(InflateError::TooLarge(bytes_max));
    }
    Ok(read.is_ok().then_some(raw))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(raw: &[u8]) -> Bytes {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(raw).unwrap();
        encoder.finish().unwrap().into()
    }

    fn zstd(raw: &[u8]) -> Bytes {
        zstd::encode_all(raw, 1).unwrap().into()
    }

    #[test]
    fn every_compression_is_known_by_its_bytes() {
        let raw = br#"{"events":[]}"#;
        for body in [
            Bytes::from_static(raw),
            gzip(raw),
            zstd(raw),
            gzip(&gzip(raw)),
        ] {
            assert_eq!(inflate(&body, 100).unwrap(), &raw[..]);
        }
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = vec![b' '; 10_000_000];
        for body in [gzip(&bomb), zstd(&bomb), gzip(&gzip(&bomb))] {
            assert!(body.len() < 100_000, "{}", body.len());
            assert_eq!(inflate(&body, 20_000), Err(InflateError::TooLarge(20_000)));
        }
        let plain = Bytes::from(vec![b' '; 101]);
        assert_eq!(inflate(&plain, 100), Err(InflateError::TooLarge(100)));
    }

    #[test]
    fn a_cut_body_is_broken() {
        for body in [gzip(&[7; 1_000]), zstd(&[7; 1_000])] {
            let cut = body.slice(..body.len() - 3);
            assert!(matches!(inflate(&cut, 2_000), Err(InflateError::Broken(_))));
        }
    }
}
