//! Text of any usual encoding as UTF-8: what it is is told or seen from its first bytes that are not ASCII.

use std::io::{self, Read};

use encoding_rs::{
    CoderResult, Decoder, EUC_KR, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252,
};

/// Bytes read at a time, and looked at to see an encoding: some two thousand names.
const CHUNK_BYTES: usize = 64 * 1024;

/// The encoding of that name: any label of the WHATWG, `cp949` and `ms949`.
pub(crate) fn named(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().to_ascii_lowercase();
    match label.as_str() {
        // the WHATWG's EUC-KR is the whole of code page 949
        "cp949" | "ms949" | "uhc" => Some(EUC_KR),
        "cp1252" => Some(WINDOWS_1252),
        _ => Encoding::for_label(label.as_bytes()),
    }
}

/// The name that people in the trade use.
pub(crate) fn name_of(encoding: &'static Encoding) -> &'static str {
    if encoding == EUC_KR {
        "CP949"
    } else {
        encoding.name()
    }
}

/// A text as UTF-8, without a byte order mark. Bytes that are not of the encoding become U+FFFD.
pub(crate) struct Utf8Reader<R> {
    input: R,
    told: Option<&'static Encoding>,
    decoder: Option<Decoder>,
    /// Read and not decoded.
    raw: Vec<u8>,
    is_ended: bool,
    /// Decoded and not handed out.
    text: Vec<u8>,
    text_at: usize,
    is_finished: bool,
}

impl<R: Read> Utf8Reader<R> {
    /// Reads `input` as `told`, or as what it looks like.
    pub(crate) fn new(input: R, told: Option<&'static Encoding>) -> Self {
        Self {
            input,
            told,
            decoder: None,
            raw: Vec::new(),
            is_ended: false,
            text: Vec::new(),
            text_at: 0,
            is_finished: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.is_ended {
            return Ok(());
        }
        let before = self.raw.len();
        let limit = CHUNK_BYTES as u64;
        self.input.by_ref().take(limit).read_to_end(&mut self.raw)?;
        self.is_ended = self.raw.len() - before < CHUNK_BYTES;
        Ok(())
    }

    fn decode(&mut self) -> io::Result<()> {
        self.text.clear();
        self.text_at = 0;
        if self.raw.is_empty() {
            self.fill()?;
        }
        let Some(decoder) = &mut self.decoder else {
            return self.decide();
        };
        let needed = decoder.max_utf8_buffer_length(self.raw.len());
        self.text.resize(needed.unwrap_or(CHUNK_BYTES * 3), 0);
        let (result, read, written, _) =
            decoder.decode_to_utf8(&self.raw, &mut self.text, self.is_ended);
        self.text.truncate(written);
        self.raw.drain(..read);
        self.is_finished =
            self.is_ended && self.raw.is_empty() && result == CoderResult::InputEmpty;
        Ok(())
    }

    /// Passes ASCII on as it is until there is something to see the encoding from.
    fn decide(&mut self) -> io::Result<()> {
        if let Some(encoding) = self.told {
            self.decoder = Some(encoding.new_decoder_with_bom_removal());
            return Ok(());
        }
        if let Some((encoding, _)) = Encoding::for_bom(&self.raw) {
            self.decoder = Some(encoding.new_decoder_with_bom_removal());
            return Ok(());
        }
        // NUL is ASCII too, but in a text it is half a character of UTF-16
        let has_nul = self.raw.contains(&0);
        let ascii = if has_nul {
            0
        } else {
            Encoding::ascii_valid_up_to(&self.raw)
        };
        if ascii == self.raw.len() && !has_nul {
            std::mem::swap(&mut self.text, &mut self.raw);
            self.is_finished = self.is_ended;
            return Ok(());
        }
        self.text.extend_from_slice(&self.raw[..ascii]);
        self.raw.drain(..ascii);
        self.fill()?;
        let encoding = guess(&self.raw, self.is_ended);
        self.decoder = Some(encoding.new_decoder_without_bom_handling());
        Ok(())
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.text_at == self.text.len() {
            if self.is_finished {
                return Ok(0);
            }
            self.decode()?;
        }
        let left = &self.text[self.text_at..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.text_at += count;
        Ok(count)
    }
}

/// The encoding that these bytes look like; the last character may be cut unless the text has ended.
pub(crate) fn guess(bytes: &[u8], is_ended: bool) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    // NUL in every other byte: ASCII in UTF-16 without its mark
    let pairs = bytes.chunks_exact(2).take(512);
    let (count, little, big) = pairs.fold((0_usize, 0_usize, 0_usize), |(n, little, big), it| {
        (
            n + 1,
            little + usize::from(it[1] == 0),
            big + usize::from(it[0] == 0),
        )
    });
    if count > 8 && little * 2 > count {
        return UTF_16LE;
    }
    if count > 8 && big * 2 > count {
        return UTF_16BE;
    }
    let fits = |encoding: &'static Encoding| {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mut text = vec![0; decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(0)];
        let (.., had_errors) = decoder.decode_to_utf8(bytes, &mut text, is_ended);
        !had_errors
    };
    [UTF_8, EUC_KR]
        .into_iter()
        .find(|it| fits(it))
        .unwrap_or(WINDOWS_1252)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], told: Option<&str>, expected: &str) {
        let told = told.map(|it| named(it).unwrap());
        let mut text = String::new();
        Utf8Reader::new(bytes, told)
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, expected);
    }

    #[test]
    fn encodings_are_seen_from_the_bytes() {
        let korean = "회원번호,금액\n1,2\n";
        check(korean.as_bytes(), None, korean);
        check(&EUC_KR.encode(korean).0, None, korean);
        check("\u{feff}회원".as_bytes(), None, "회원");
        check("plain".as_bytes(), None, "plain");
        check(b"", None, "");
        check(b"caf\xe9;1", None, "café;1");
        let utf16: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain("회원,a".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        check(&utf16, None, "회원,a");
    }

    #[test]
    fn a_file_that_turns_korean_late_is_still_seen() {
        let head = "a,b\n".repeat(100_000);
        let text = format!("{head}가나다\n{head}똠방각하\n");
        check(&EUC_KR.encode(&text).0, None, &text);
        check(text.as_bytes(), None, &text);
    }

    #[test]
    fn a_told_encoding_is_believed() {
        check(b"caf\xe9", Some("latin1"), "café");
        check(&EUC_KR.encode("똠").0, Some("CP949"), "똠");
        check(b"\xff", Some("utf-8"), "\u{fffd}");
        assert!(named("klingon").is_none());
    }
}
