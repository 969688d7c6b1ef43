//! The Export API: `GET /api/2/export?start=20260301T00&end=20260301T23`.
//!
//! The answer is a zip of `<app>/<app>_2026-03-01_0#0.json.gz`, one JSON object per line, by the hour in which events
//! reached us; an hour may be in several files. It is written while it is read: memory is bounded by
//! [`BUFFER_BYTES_MAX`], and the first bytes leave before the last event is found.

use std::collections::BTreeMap;
use std::io::Write;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream;
use gyre_app::CanRead;
use gyre_app::reads::{EXPORT_EVENTS_MAX, EXPORT_HOURS_MAX, EventExport};
use gyre_base::Timestamp;
use gyre_base::failure::error_chain;
use gyre_base::time::HOUR_MS;
use serde::Deserialize;
use tokio::sync::mpsc;

use super::zip::ZipWriter;
use super::{app_number, event, failed, params};
use crate::compat::refused::Refused;
use crate::state::ApiState;

/// Lines that wait to be compressed: a year has 8,760 hours, of 3.7 KB each then.
const BUFFER_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Parts of the answer that wait for the client.
const PARTS_MAX: usize = 4;

#[derive(Debug, Deserialize)]
struct ExportParams {
    start: Option<String>,
    end: Option<String>,
}

/// The beginning of an hour, `20260301T05`.
fn hour(name: &str, text: Option<&str>) -> Result<Timestamp, Refused> {
    let Some(text) = text else {
        let message = format!("the parameter `{name}` is missing");
        return Err(Refused::bad("missing_parameter", message));
    };
    let bad = || {
        let message = format!("`{name}` must be an hour like 20260301T05, not `{text}`");
        Refused::bad("invalid_parameter", message)
    };
    let is_hour = text.len() == 11
        && text.char_indices().all(|(at, letter)| match at {
            8 => letter == 'T',
            _ => letter.is_ascii_digit(),
        });
    if !is_hour {
        return Err(bad());
    }
    let (year, month, day, hour) = (&text[..4], &text[4..6], &text[6..8], &text[9..]);
    Timestamp::parse(&format!("{year}-{month}-{day}T{hour}:00:00Z")).ok_or_else(bad)
}

/// The archive of a range.
pub(super) async fn export(
    state: &ApiState,
    access: &CanRead,
    request: &Parts,
) -> Result<Response, Refused> {
    let params: ExportParams = params(request)?;
    let start = hour("start", params.start.as_deref())?;
    // the last hour is included
    let end = hour("end", params.end.as_deref())?.plus_ms(HOUR_MS);
    if end <= start {
        let message = "`end` must not be before `start`";
        return Err(Refused::bad("invalid_parameter", message));
    }
    if end.since(start) > EXPORT_HOURS_MAX * HOUR_MS {
        let message = "the time range is longer than 365 days";
        return Err(Refused::bad("invalid_parameter", message));
    }
    let found = state.app().events_export(access, start, end).await;
    let found = found.map_err(|it| failed(&it))?;
    if found.events_count > EXPORT_EVENTS_MAX {
        let message = format!(
            "the range has {} events, and {EXPORT_EVENTS_MAX} are exported at once: shorten it and try again",
            found.events_count
        );
        return Err(Refused::bad("export_too_large", message));
    }
    if found.events_count == 0 {
        let message = "no data available for the time range requested";
        return Err(Refused::new(StatusCode::NOT_FOUND, "no_data", message));
    }
    let (parts, mut waiting) = mpsc::channel(PARTS_MAX);
    let app = app_number(access.workspace());
    tokio::task::spawn_blocking(move || write(&found, app, &parts));
    let body = Body::from_stream(stream::poll_fn(move |cx| waiting.poll_recv(cx)));
    let mut response = Response::new(body);
    for (name, value) in [
        (header::CONTENT_TYPE, "application/zip"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"export.zip\"",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

type Part = Result<Bytes, std::io::Error>;

/// Writes the archive into `parts` until it is whole or nobody waits for it.
fn write(found: &EventExport, app: u64, parts: &mpsc::Sender<Part>) {
    let mut archive = Archive::new(app, parts);
    let read = found.each(&mut |whole, properties| {
        let received = whole.event.received;
        let line = event::event(whole, properties, app).to_string();
        archive.push(received, &line)
    });
    match read {
        Ok(()) => archive.finish(),
        Err(error) => {
            tracing::error!(error = error_chain(&error), "an export broke off");
            // ends the connection: half an archive must not look like a whole one
            let broken = std::io::Error::other("the export broke off");
            let _ = parts.blocking_send(Err(broken));
        }
    }
}

/// Lines by hour, on their way into an archive.
struct Archive<'a> {
    app: u64,
    zip: ZipWriter,
    /// By the beginning of the hour.
    hours: BTreeMap<i64, Vec<u8>>,
    /// How many files of each hour are in the archive.
    files: BTreeMap<i64, u32>,
    waiting_bytes: usize,
    parts: &'a mpsc::Sender<Part>,
}

impl<'a> Archive<'a> {
    fn new(app: u64, parts: &'a mpsc::Sender<Part>) -> Self {
        Self {
            app,
            zip: ZipWriter::default(),
            hours: BTreeMap::new(),
            files: BTreeMap::new(),
            waiting_bytes: 0,
            parts,
        }
    }

    /// Adds a line; whether anybody still waits for it.
    fn push(&mut self, received: i64, line: &str) -> bool {
        let hour = received - received.rem_euclid(HOUR_MS);
        let lines = self.hours.entry(hour).or_default();
        lines.extend_from_slice(line.as_bytes());
        lines.push(b'\n');
        self.waiting_bytes += line.len() + 1;
        if self.waiting_bytes <= BUFFER_BYTES_MAX {
            return true;
        }
        self.put_largest()
    }

    /// Writes the hours with most lines until half of them are left: few large files instead of many small ones.
    fn put_largest(&mut self) -> bool {
        let mut largest: Vec<(usize, i64)> = self
            .hours
            .iter()
            .map(|(hour, it)| (it.len(), *hour))
            .collect();
        largest.sort_unstable_by(|a, b| b.cmp(a));
        for (_, hour) in largest {
            if self.waiting_bytes <= BUFFER_BYTES_MAX / 2 {
                break;
            }
            if !self.put(hour) {
                return false;
            }
        }
        true
    }

    fn put(&mut self, hour: i64) -> bool {
        let Some(lines) = self.hours.remove(&hour) else {
            return true;
        };
        self.waiting_bytes -= lines.len();
        let number = self.files.entry(hour).or_default();
        let app = self.app;
        let (day, of_day) = (event::day(hour), hour.rem_euclid(24 * HOUR_MS) / HOUR_MS);
        let name = format!("{app}/{app}_{day}_{of_day}#{number}.json.gz");
        *number += 1;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        let compressed = gzip.write_all(&lines).and_then(|()| gzip.finish());
        let part = compressed.and_then(|it| {
            let entry = self.zip.entry(name, &it);
            entry.ok_or_else(|| std::io::Error::other("an hour is too large"))
        });
        self.parts.blocking_send(part.map(Bytes::from)).is_ok()
    }

    fn finish(mut self) {
        while let Some(hour) = self.hours.keys().next().copied() {
            if !self.put(hour) {
                return;
            }
        }
        let _ = self.parts.blocking_send(Ok(self.zip.finish().into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_read_and_anything_else_pointed_at() {
        let read = |text: &str| hour("start", Some(text)).map(Timestamp::rfc3339);
        assert_eq!(read("20260301T05").unwrap(), "2026-03-01T05:00:00.000Z");
        for wrong in [
            "20260301",
            "2026-03-01T05",
            "20260301T24",
            "20260230T00",
            "20260301t05",
            "20260301T0é",
        ] {
            let refused = read(wrong).unwrap_err();
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
            assert!(refused.message.contains("`start`"), "{}", refused.message);
        }
        assert_eq!(hour("end", None).unwrap_err().kind, "missing_parameter");
    }

    #[test]
    fn more_than_fits_into_memory_leaves_in_several_files_of_an_hour() {
        let (parts, mut waiting) = mpsc::channel(1_000);
        let mut archive = Archive::new(123_456, &parts);
        let line = "x".repeat(1024 * 1024);
        for number in 0..80 {
            assert!(archive.push(i64::from(number % 2) * HOUR_MS, &line));
            assert!(archive.waiting_bytes <= BUFFER_BYTES_MAX);
        }
        archive.finish();
        drop(parts);
        let mut bytes = Vec::new();
        while let Ok(part) = waiting.try_recv() {
            bytes.extend_from_slice(&part.unwrap());
        }
        let text = String::from_utf8_lossy(&bytes);
        for name in [
            "123456/123456_1970-01-01_0#0.json.gz",
            "123456_1970-01-01_1#0",
            "1970-01-01_0#1",
        ] {
            assert!(text.contains(name), "{name}");
        }
    }

    #[test]
    fn nothing_more_is_written_when_nobody_waits() {
        let (parts, waiting) = mpsc::channel(1);
        drop(waiting);
        let mut archive = Archive::new(123_456, &parts);
        let line = "x".repeat(BUFFER_BYTES_MAX);
        assert!(!archive.push(0, &line));
    }
}
