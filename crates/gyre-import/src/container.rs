//! What a file is packed in: nothing, gzip, zstd, or a zip of such files; seen from its first bytes.

use std::cmp::Ordering;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

use zip::ZipArchive;

use crate::failure::ImportFailure;

/// Buffer between a decoder and its reader.
const BUFFER_BYTES: usize = 256 * 1024;
/// Most files in one archive: hourly files of eleven years.
const PARTS_MAX: usize = 100_000;
/// Largest window of a zstd frame: 128 MB, which `zstd --ultra` stays within.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const PARQUET: &[u8] = b"PAR1";
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// The outermost wrapping of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    /// A text, perhaps compressed.
    Stream,
    Zip,
    Parquet,
}

/// One text of a file.
pub(crate) struct Part<'a> {
    /// Its name inside an archive.
    pub(crate) name: Option<Arc<str>>,
    pub(crate) input: Box<dyn BufRead + 'a>,
}

/// Looks at the first bytes and goes back to them.
pub(crate) fn container_of(input: &mut (impl Read + Seek)) -> io::Result<Container> {
    let head = head(input)?;
    input.seek(SeekFrom::Start(0))?;
    Ok(if head == PARQUET {
        Container::Parquet
    } else if ZIP.contains(&head.as_slice()) {
        Container::Zip
    } else {
        Container::Stream
    })
}

fn head(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(4);
    input.take(4).read_to_end(&mut head)?;
    Ok(head)
}

/// Unpacks a stream by its first bytes.
fn unpack<'a, R: Read + 'a>(mut input: R) -> io::Result<Box<dyn BufRead + 'a>> {
    let head = head(&mut input)?;
    let whole: Chain<Cursor<Vec<u8>>, R> = Cursor::new(head.clone()).chain(input);
    if head.starts_with(GZIP) {
        let unpacked =
            flate2::read::MultiGzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, whole));
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked)));
    }
    if head == ZSTD {
        let mut unpacked = zstd::Decoder::new(whole)?;
        unpacked.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
        return Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked)));
    }
    Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, whole)))
}

/// Hands every text of a file to `each` until that answers false.
pub(crate) fn for_each_part<R: Read + Seek>(
    mut input: R,
    each: &mut dyn FnMut(Part<'_>) -> Result<bool, ImportFailure>,
) -> Result<(), ImportFailure> {
    input.seek(SeekFrom::Start(0))?;
    if container_of(&mut input)? != Container::Zip {
        let part = Part {
            name: None,
            input: unpack(input)?,
        };
        each(part)?;
        return Ok(());
    }
    let mut archive = ZipArchive::new(BufReader::with_capacity(BUFFER_BYTES, input))?;
    if archive.len() > PARTS_MAX {
        let detail = format!(
            "an archive of {} files is over the limit of {PARTS_MAX}",
            archive.len()
        );
        return Err(ImportFailure::Format(detail));
    }
    let mut names: Vec<(String, usize)> = Vec::new();
    for idx in 0..archive.len() {
        let name = archive.name_for_index(idx).transpose()?;
        if let Some(name) = name.filter(|it| is_data(it)) {
            names.push((name.into_owned(), idx));
        }
    }
    names.sort_by(|a, b| by_number(&a.0, &b.0));
    for (name, idx) in names {
        let part = Part {
            name: Some(name.as_str().into()),
            input: unpack(archive.by_index(idx)?)?,
        };
        if !each(part)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Neither a folder nor what an operating system leaves behind.
fn is_data(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    !last.is_empty() && !last.starts_with('.') && !name.starts_with("__MACOSX/")
}

/// Compares names with their numbers as numbers, so that hour 10 comes after hour 9.
fn by_number(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (one, other) = (digits(left), digits(right));
        let order = if one.is_empty() || other.is_empty() {
            match (left.chars().next(), right.chars().next()) {
                (None, None) => return Ordering::Equal,
                (one, other) => {
                    left = &left[one.map_or(0, char::len_utf8)..];
                    right = &right[other.map_or(0, char::len_utf8)..];
                    one.cmp(&other)
                }
            }
        } else {
            (left, right) = (&left[one.len()..], &right[other.len()..]);
            let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
            one.len().cmp(&other.len()).then(one.cmp(other))
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn digits(text: &str) -> &str {
    let end = text.find(|it: char| !it.is_ascii_digit());
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(text: &str) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap()
    }

    fn texts(file: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for_each_part(Cursor::new(file), &mut |mut part| {
            let mut text = part.name.map_or_else(String::new, |it| format!("{it}="));
            part.input.read_to_string(&mut text)?;
            found.push(text);
            Ok(true)
        })
        .unwrap();
        found
    }

    #[test]
    fn wrappings_are_seen_from_the_first_bytes() {
        assert_eq!(texts(b"abc"), ["abc"]);
        assert_eq!(texts(b""), [""]);
        assert_eq!(texts(&gzip("abc")), ["abc"]);
        // two members, as a log that was appended to
        assert_eq!(texts(&[gzip("ab"), gzip("c")].concat()), ["abc"]);
        assert_eq!(texts(&zstd::encode_all(&b"abc"[..], 1).unwrap()), ["abc"]);
    }

    #[test]
    fn the_files_of_a_zip_come_in_the_order_of_their_hours() {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stored = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        for name in [
            "1_2026-03-01_10#0.json.gz",
            "1_2026-03-01_9#0.json.gz",
            "__MACOSX/x",
            "a/.DS_Store",
        ] {
            archive.start_file(name, stored).unwrap();
            archive.write_all(&gzip(name)).unwrap();
        }
        let file = archive.finish().unwrap().into_inner();
        let first = "1_2026-03-01_9#0.json.gz";
        let second = "1_2026-03-01_10#0.json.gz";
        assert_eq!(
            texts(&file),
            [format!("{first}={first}"), format!("{second}={second}")]
        );
    }

    #[test]
    fn a_damaged_archive_is_an_error() {
        let read = |file: &[u8]| {
            for_each_part(Cursor::new(file), &mut |mut part| {
                io::copy(&mut part.input, &mut io::sink())?;
                Ok(true)
            })
        };
        assert!(read(b"PK\x03\x04nonsense").is_err());
        assert!(read(&gzip("abc")[..12]).is_err());
    }
}
