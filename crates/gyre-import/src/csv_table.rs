//! Tables of text: CSV with any delimiter, in any usual encoding.

use std::io::{BufRead, BufReader, Read};

use csv::{ByteRecord, StringRecord};

use crate::encoding::Utf8Reader;
use crate::failure::ImportFailure;
use crate::lines::LINE_BYTES_MAX;
use crate::mapping::{Cell, Record};
use crate::row::{Fault, RAW_BYTES_MAX};

/// Delimiters that are looked for where none is told.
const DELIMITERS: &[u8] = b",;\t|";
/// Bytes of the header's line that are looked at.
const HEADER_BYTES: usize = 64 * 1024;
/// Most columns of a table: what a spreadsheet has.
const COLUMNS_MAX: usize = 16_384;

/// One record, or what is wrong with it.
pub(crate) struct CsvRow<'a> {
    /// Line on which it begins, from 1.
    pub(crate) line: u64,
    /// The cells.
    pub(crate) record: Result<&'a StringRecord, Fault>,
    /// All cells in a row, for an id; of a bad record what was read of it.
    pub(crate) content: &'a [u8],
}

impl Record for StringRecord {
    fn cell(&self, idx: usize) -> Cell<'_> {
        match self.get(idx) {
            None | Some("") => Cell::Empty,
            Some(text) => Cell::Text(text),
        }
    }
}

/// A record as a line of commas, for the person who repairs it; at most [`RAW_BYTES_MAX`] of it.
pub(crate) fn line_of(record: &StringRecord) -> String {
    let mut line = String::new();
    for (idx, cell) in record.iter().enumerate() {
        if idx > 0 {
            line.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line.truncate(line.floor_char_boundary(RAW_BYTES_MAX));
    line
}

/// How the text of a table is cut.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CsvShape {
    pub(crate) delimiter: Option<u8>,
    pub(crate) encoding: Option<&'static encoding_rs::Encoding>,
}

/// Reads the header, then hands every record to `each` until that answers false.
///
/// What `on_header` makes of the header is given to `each` beside every record.
pub(crate) fn read<H>(
    input: impl Read,
    shape: CsvShape,
    on_header: &mut dyn FnMut(&[&str]) -> Result<H, ImportFailure>,
    each: &mut dyn FnMut(&H, CsvRow<'_>) -> Result<bool, ImportFailure>,
) -> Result<(), ImportFailure> {
    let text = Utf8Reader::new(input, shape.encoding);
    let mut text = BufReader::with_capacity(HEADER_BYTES, Capped::new(text));
    let head = text.fill_buf()?;
    let delimiter = shape.delimiter.unwrap_or_else(|| delimiter_of(head));
    // the parser ends a record at its CR and counts the line at the LF, which it meets with the next record
    let pending_lines = u64::from(ends_with_crlf(head));
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(text);
    let header = rows.headers().map_err(failed)?.clone();
    if header.len() > COLUMNS_MAX {
        let detail = format!(
            "a table of {} columns is over the limit of {COLUMNS_MAX}",
            header.len()
        );
        return Err(ImportFailure::Format(detail));
    }
    let names: Vec<&str> = header.iter().map(str::trim).collect();
    let bound = on_header(&names)?;
    let mut bytes = ByteRecord::new();
    let mut record = StringRecord::new();
    loop {
        rows.get_mut().get_mut().begin();
        if !rows.read_byte_record(&mut bytes).map_err(failed)? {
            return Ok(());
        }
        let line = bytes.position().map_or(0, csv::Position::line) + pending_lines;
        let read = check(&bytes, header.len(), &mut record);
        let row = CsvRow {
            line,
            record: read.map(|()| &record),
            content: bytes.as_slice(),
        };
        if !each(&bound, row)? {
            return Ok(());
        }
    }
}

fn check(bytes: &ByteRecord, columns: usize, record: &mut StringRecord) -> Result<(), Fault> {
    if bytes.len() != columns {
        let reason = format!("it has {} cells, the header has {columns}", bytes.len());
        return Err(Fault::row(reason));
    }
    // the decoder hands on UTF-8 only
    *record = StringRecord::from_byte_record_lossy(bytes.clone());
    Ok(())
}

fn failed(error: csv::Error) -> ImportFailure {
    ImportFailure::Read(error.into())
}

/// The delimiter that the header's line has most of; a comma where there is none.
pub(crate) fn delimiter_of(text: &[u8]) -> u8 {
    let mut counts = [0_usize; 4];
    let mut is_quoted = false;
    for byte in text {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' | b'\r' if !is_quoted => break,
            it if !is_quoted => {
                if let Some(idx) = DELIMITERS.iter().position(|one| one == it) {
                    counts[idx] += 1;
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    let found = counts
        .iter()
        .position(|it| *it == most)
        .filter(|_| most > 0);
    DELIMITERS[found.unwrap_or(0)]
}

/// Whether the header's line ends with CR and LF.
fn ends_with_crlf(text: &[u8]) -> bool {
    let mut is_quoted = false;
    let end = text.iter().position(|it| {
        is_quoted ^= *it == b'"';
        *it == b'\n' && !is_quoted
    });
    end.is_some_and(|it| it > 0 && text[it - 1] == b'\r')
}

/// A reader that fails once one record has taken more than it may: a quote that is never closed would otherwise read
/// the rest of the file into memory.
struct Capped<R> {
    inner: R,
    left: usize,
}

impl<R> Capped<R> {
    fn new(inner: R) -> Self {
        let mut capped = Self { inner, left: 0 };
        capped.begin();
        capped
    }

    /// A new record begins; what is buffered of it has been read already.
    fn begin(&mut self) {
        self.left = LINE_BYTES_MAX + HEADER_BYTES;
    }
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            let detail = format!(
                "a row is longer than {LINE_BYTES_MAX} bytes; a quotation mark may be open that is never closed"
            );
            return Err(std::io::Error::other(detail));
        }
        let most = buffer.len().min(self.left);
        let count = self.inner.read(&mut buffer[..most])?;
        self.left -= count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &[u8], shape: CsvShape) -> Vec<String> {
        let mut found = Vec::new();
        let mut header = String::new();
        read(
            text,
            shape,
            &mut |it| {
                header = it.join("/");
                Ok(())
            },
            &mut |(), row| {
                found.push(match row.record {
                    Ok(record) => {
                        format!(
                            "{} {}",
                            row.line,
                            record.iter().collect::<Vec<_>>().join("/")
                        )
                    }
                    Err(fault) => format!("{} {fault}", row.line),
                });
                Ok(true)
            },
        )
        .unwrap();
        found.insert(0, header);
        found
    }

    #[test]
    fn the_delimiter_is_seen_from_the_header() {
        for text in [
            "a;b,c;d\n1;2;3\n",
            "a\tb,c\td\n1\t2\t3\n",
            "a|b,c|d\n1|2|3\n",
        ] {
            assert_eq!(
                cells(text.as_bytes(), CsvShape::default()),
                ["a/b,c/d", "2 1/2/3"]
            );
        }
        assert_eq!(delimiter_of(b"\"a;b;c\",d\n"), b',');
        assert_eq!(delimiter_of(b"alone\n"), b',');
    }

    #[test]
    fn a_row_of_another_length_is_named_and_the_rest_goes_on() {
        let rows = cells(b"a,b\n1\n\"x\ny\",2\n3,4,5\n", CsvShape::default());
        assert_eq!(rows[1], "2 it has 1 cells, the header has 2");
        assert_eq!(rows[2], "3 x\ny/2");
        assert_eq!(rows[3], "5 it has 3 cells, the header has 2");
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_the_file_and_not_the_memory() {
        let mut text = b"a,b\n1,\"".to_vec();
        text.resize(LINE_BYTES_MAX * 3, b'x');
        let read = read(
            &text[..],
            CsvShape::default(),
            &mut |_| Ok(()),
            &mut |(), _| Ok(true),
        );
        let error = read.unwrap_err();
        let chain = gyre_base::failure::error_chain(&error);
        assert!(chain.contains("quotation mark"), "{chain}");
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        for text in [
            "a,b\n1,2\n\"x\n\",3\n4,5\n",
            "a,b\r\n1,2\r\n\"x\n\",3\r\n4,5\r\n",
        ] {
            let rows = cells(text.as_bytes(), CsvShape::default());
            let lines: Vec<&str> = rows[1..].iter().map(|it| &it[..1]).collect();
            assert_eq!(lines, ["2", "3", "5"], "{text:?}");
        }
    }

    #[test]
    fn an_empty_text_is_an_empty_table() {
        assert_eq!(cells(b"", CsvShape::default()), [""]);
    }
}
