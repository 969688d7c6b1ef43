//! Lines of SMTP on the wire: reading replies, writing bodies.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use super::reply::Reply;

/// Longest reply line and most lines of a reply; RFC 5321 allows 512 bytes a line.
const REPLY_LINE_BYTES_MAX: usize = 4_096;
const REPLY_LINES_MAX: usize = 100;

/// Reads one reply, of one line or many.
pub(super) async fn read_reply<S: AsyncRead + Unpin>(
    stream: &mut BufReader<S>,
) -> io::Result<Reply> {
    let invalid = |what: &str| io::Error::other(format!("the server sent {what}"));
    let mut reply = Reply {
        code: 0,
        lines: Vec::new(),
    };
    loop {
        let line = read_line(stream).await?;
        let Some((code, has_more, text)) = Reply::parse_line(&line) else {
            return Err(invalid("something that is no SMTP reply"));
        };
        if !reply.lines.is_empty() && code != reply.code {
            return Err(invalid("a reply with two codes"));
        }
        reply.code = code;
        reply.lines.push(text.to_owned());
        if !has_more {
            return Ok(reply);
        }
        if reply.lines.len() == REPLY_LINES_MAX {
            return Err(invalid("a reply of too many lines"));
        }
    }
}

async fn read_line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> io::Result<String> {
    let mut line = Vec::new();
    loop {
        let available = stream.fill_buf().await?;
        if available.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the connection was closed",
            ));
        }
        let end = available.iter().position(|it| *it == b'\n');
        let take = end.map_or(available.len(), |it| it + 1);
        line.extend_from_slice(&available[..take]);
        stream.consume(take);
        if line.len() > REPLY_LINE_BYTES_MAX {
            return Err(io::Error::other("the server sent a line that is too long"));
        }
        if end.is_some() {
            return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
    }
}

/// The body with dots doubled at line starts and its end mark.
pub(super) fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(bytes.len() + bytes.len() / 64 + 8);
    let mut is_line_start = true;
    for byte in bytes {
        if is_line_start && *byte == b'.' {
            body.push(b'.');
        }
        body.push(*byte);
        is_line_start = *byte == b'\n';
    }
    if !body.ends_with(b"\r\n") {
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b".\r\n");
    body
}

#[cfg(test)]
mod tests {
    use super::stuffed;

    #[test]
    fn dots_at_line_starts_are_doubled() {
        assert_eq!(stuffed(b".a\r\n..\r\nb.c"), b"..a\r\n...\r\nb.c\r\n.\r\n");
        assert_eq!(stuffed(b"x\r\n"), b"x\r\n.\r\n");
    }
}
