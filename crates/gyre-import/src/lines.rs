//! Lines of a text of any length, each within bounds.

use std::io::{self, BufRead, Read};

/// Longest line that is read: what one request of the sender holds.
pub const LINE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// One line of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub(crate) row: u64,
    /// Without white space around it; never empty.
    pub(crate) text: &'a [u8],
    /// Whether the line went on beyond [`LINE_BYTES_MAX`]; the rest was skipped.
    pub(crate) is_too_long: bool,
}

/// Hands every line that is not empty to `each` until that answers false or fails.
pub(crate) fn for_each<E: From<io::Error>>(
    mut input: impl BufRead,
    each: &mut dyn FnMut(Line<'_>) -> Result<bool, E>,
) -> Result<(), E> {
    let mut line = Vec::new();
    let mut row = 0;
    loop {
        line.clear();
        // one byte more than is allowed, so that a line that is too long is told from one that just fits
        let limit = LINE_BYTES_MAX as u64 + 1;
        if input.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        row += 1;
        let is_too_long = line.len() as u64 == limit && line.last() != Some(&b'\n');
        if is_too_long {
            skip_line(&mut input)?;
        }
        let text = trim(&line, row == 1);
        if text.is_empty() {
            continue;
        }
        let line = Line {
            row,
            text,
            is_too_long,
        };
        if !each(line)? {
            return Ok(());
        }
    }
}

fn skip_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|it| *it == b'\n');
        let used = end.map_or(buffer.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

fn trim(line: &[u8], is_first: bool) -> &[u8] {
    let line = if is_first {
        line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
    } else {
        line
    };
    line.trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<(u64, usize, bool)> {
        let mut found = Vec::new();
        let read: io::Result<()> = for_each(text, &mut |it| {
            found.push((it.row, it.text.len(), it.is_too_long));
            Ok(true)
        });
        read.unwrap();
        found
    }

    #[test]
    fn empty_lines_are_counted_and_left_out() {
        assert_eq!(
            lines(b"\xEF\xBB\xBFab\r\n\n  \nc"),
            [(1, 2, false), (4, 1, false)]
        );
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_whole() {
        let mut text = vec![b'x'; LINE_BYTES_MAX];
        text.extend_from_slice(b"yz\nnext\n");
        assert_eq!(lines(&text), [(1, LINE_BYTES_MAX + 1, true), (2, 4, false)]);
        let mut text = vec![b'x'; LINE_BYTES_MAX];
        text.extend_from_slice(b"\nnext");
        assert_eq!(lines(&text), [(1, LINE_BYTES_MAX, false), (2, 4, false)]);
    }
}
