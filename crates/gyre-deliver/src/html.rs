//! HTML of messages: tracked links, the open pixel, the preheader, and a plain text made from it.

use std::cell::{Cell, RefCell};

use lol_html::html_content::{ContentType, Element};
use lol_html::{RewriteStrSettings, element, rewrite_str};

use crate::error::DeliverError;
use crate::tracking::is_web_url;

/// Most links of one message that are tracked: their number is 16 bits of the token.
pub const LINKS_MAX: usize = u16::MAX as usize;

/// What to change in a message's HTML.
#[derive(Clone, Copy, Debug, Default)]
pub struct HtmlChange<'a> {
    /// Address of the open pixel.
    pub pixel_url: Option<&'a str>,
    /// Text shown beside the subject, put first and hidden.
    pub preheader: Option<&'a str>,
    /// Links that are never replaced: the way out.
    pub kept_urls: &'a [&'a str],
}

/// Rewrites a message's HTML. `track` gives the address that replaces a link, by its number and url; `None` keeps it.
///
/// Only absolute `http` and `https` links of `a` and `area` are offered: `mailto:`, `tel:`, `#…`, `javascript:` and
/// relative links stay. The pixel goes before `</body>`, or to the end where there is none.
pub fn rewrite(
    html: &str,
    change: HtmlChange<'_>,
    track: &mut dyn FnMut(u16, &str) -> Option<String>,
) -> Result<String, DeliverError> {
    let pixel = change.pixel_url.map_or_else(String::new, |url| {
        format!(
            "<img src=\"{}\" width=\"1\" height=\"1\" alt=\"\" style=\"display:none\">",
            escape(url)
        )
    });
    let preheader = change
        .preheader
        .filter(|it| !it.is_empty())
        .map_or_else(String::new, |text| {
            format!(
                "<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">{}</div>",
                escape(text)
            )
        });
    let has_body = Cell::new(false);
    let has_pixel = Cell::new(false);
    let count = Cell::new(0_usize);
    let track = RefCell::new(track);
    let on_link = |link: &mut Element<'_, '_>| {
        let Some(raw) = link.get_attribute("href") else {
            return Ok(());
        };
        let url = decode_entities(raw.trim());
        if !is_web_url(&url) || change.kept_urls.contains(&url.as_str()) || count.get() == LINKS_MAX
        {
            return Ok(());
        }
        let link_id = count.replace(count.get() + 1) as u16;
        if let Some(tracked) = (track.borrow_mut())(link_id, &url) {
            link.set_attribute("href", &escape(&tracked))?;
        }
        Ok(())
    };
    let on_body = |body: &mut Element<'_, '_>| {
        if has_body.replace(true) {
            return Ok(());
        }
        body.prepend(&preheader, ContentType::Html);
        let pixel = pixel.clone();
        has_pixel.set(true);
        body.append(&pixel, ContentType::Html);
        Ok(())
    };
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("a[href], area[href]", on_link))
        .append_element_content_handler(element!("body", on_body));
    let mut rewritten = rewrite_str(html, settings).map_err(|it| DeliverError::Html {
        detail: it.to_string(),
    })?;
    if !has_body.get() {
        rewritten.insert_str(0, &preheader);
    }
    // a body that is never closed has swallowed its pixel
    let has_its_pixel = has_pixel.get() && rewritten.contains(&pixel);
    if !pixel.is_empty() && !has_its_pixel {
        rewritten.push_str(&pixel);
    }
    Ok(rewritten)
}

/// Escapes text for HTML, in attributes too.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Decodes numeric entities and the few named ones that mail is written with.
pub fn decode_entities(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.char_indices().take(12).find(|(_, it)| *it == ';');
        let letter = end.and_then(|(end, _)| entity(&rest[1..end]).map(|it| (it, end)));
        if let Some((letter, end)) = letter {
            decoded.push(letter);
            rest = &rest[end + 1..];
        } else {
            decoded.push('&');
            rest = &rest[1..];
        }
    }
    decoded.push_str(rest);
    decoded
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "copy" => '©',
        "reg" => '®',
        "hellip" => '…',
        "mdash" => '—',
        "ndash" => '–',
        "middot" => '·',
        _ => return None,
    })
}

/// Makes a plain text of HTML: blocks become lines, links keep their address, what is hidden is left out.
pub fn text_of(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut rest = html;
    let mut href: Option<String> = None;
    while let Some(at) = rest.find('<') {
        push_words(&mut text, &rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("<!--") {
            rest = after.find("-->").map_or("", |it| &after[it + 3..]);
            continue;
        }
        let Some(end) = tag_end(rest) else {
            push_words(&mut text, rest);
            rest = "";
            break;
        };
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        let is_end = tag.starts_with('/');
        let name_end = tag[usize::from(is_end)..]
            .find(|it: char| !it.is_ascii_alphanumeric())
            .map_or(tag.len(), |it| it + usize::from(is_end));
        let name = tag[usize::from(is_end)..name_end].to_ascii_lowercase();
        let is_hidden = tag.contains("display:none") || tag.contains("display: none");
        match name.as_str() {
            "head" | "style" | "script" | "title" if !is_end => rest = skip_element(rest, &name),
            _ if is_hidden && !is_end && !matches!(name.as_str(), "img" | "br" | "input") => {
                rest = skip_element(rest, &name);
            }
            "br" => text.push('\n'),
            "li" if !is_end => {
                end_line(&mut text, 1);
                text.push_str("- ");
            }
            "a" if !is_end => href = attribute(tag, "href"),
            "a" => {
                if let Some(url) = href.take()
                    && is_web_url(&url)
                    && !text.ends_with(&url)
                {
                    text.extend([" (", &url, ")"]);
                }
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol"
            | "blockquote" => {
                end_line(&mut text, 2);
            }
            "div" | "tr" | "section" | "article" | "header" | "footer" => end_line(&mut text, 1),
            "td" | "th" if is_end => push_words(&mut text, " "),
            _ => {}
        }
    }
    push_words(&mut text, rest);
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// Where a tag ends: the first `>` outside quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (i, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Some(i),
            (Some(_) | None, _) => {}
        }
    }
    None
}

fn skip_element<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(found) = rest[from..].find("</") {
        let at = from + found + 2;
        let is_same = rest
            .get(at..at + name.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(name));
        if is_same {
            return rest[at..].find('>').map_or("", |end| &rest[at + end + 1..]);
        }
        from = at;
    }
    ""
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.find(&format!("{name}="))? + name.len() + 1;
    let value = &tag[at..];
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split_ascii_whitespace().next()?,
    };
    Some(decode_entities(value.trim()))
}

fn push_words(text: &mut String, raw: &str) {
    let decoded = decode_entities(raw);
    if decoded.starts_with(char::is_whitespace) && !text.is_empty() && !text.ends_with(['\n', ' '])
    {
        text.push(' ');
    }
    let mut words = decoded.split_whitespace().peekable();
    while let Some(word) = words.next() {
        text.push_str(word);
        if words.peek().is_some() {
            text.push(' ');
        }
    }
    let has_words = decoded.chars().any(|it| !it.is_whitespace());
    if has_words && decoded.ends_with(char::is_whitespace) {
        text.push(' ');
    }
}

fn end_line(text: &mut String, breaks: usize) {
    while text.ends_with(' ') {
        text.pop();
    }
    if text.is_empty() {
        return;
    }
    let present = text.len() - text.trim_end_matches('\n').len();
    for _ in present..breaks {
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracked(html: &str, kept: &[&str]) -> (String, Vec<String>) {
        let mut seen = Vec::new();
        let change = HtmlChange {
            pixel_url: Some("https://t.test/t/o/x.gif"),
            preheader: None,
            kept_urls: kept,
        };
        let rewritten = rewrite(html, change, &mut |id, url| {
            seen.push(url.to_owned());
            Some(format!("https://t.test/t/c/{id}"))
        });
        (rewritten.unwrap(), seen)
    }

    #[test]
    fn web_links_are_replaced_and_others_stay() {
        let html = concat!(
            "<a href=\"https://shop.test/?a=1&amp;b=2\">x</a><a href='mailto:a@b.test'>m</a><a href=tel:1>t</a>",
            "<a href=\"#top\">h</a><a href=\"javascript:alert(1)\">j</a><a href=\"/rel\">r</a>",
            "<a href=\"https://t.test/t/u/tok\">out</a><area href=\"HTTP://b.test\">"
        );
        let (rewritten, seen) = tracked(html, &["https://t.test/t/u/tok"]);
        assert_eq!(seen, ["https://shop.test/?a=1&b=2", "HTTP://b.test"]);
        for kept in [
            "'mailto:a@b.test'",
            "tel:1",
            "#top",
            "javascript:alert(1)",
            "/rel",
            "/t/u/tok",
        ] {
            assert!(rewritten.contains(kept), "{kept}: {rewritten}");
        }
        assert!(
            rewritten.contains("href=\"https://t.test/t/c/0\""),
            "{rewritten}"
        );
        assert!(!rewritten.contains("shop.test"));
    }

    #[test]
    fn the_pixel_stands_once_before_the_body_ends_or_last() {
        for (html, after) in [
            ("<html><body><p>x</p></body></html>", "</body></html>"),
            ("<p>x</p>", ""),
            ("<body><p>x</p>", ""),
        ] {
            let (rewritten, _) = tracked(html, &[]);
            assert_eq!(rewritten.matches("x.gif").count(), 1, "{rewritten}");
            let (_, rest) = rewritten.split_once("x.gif").unwrap();
            let rest = rest.split_once('>').unwrap().1;
            assert_eq!(rest, after, "{rewritten}");
        }
    }

    #[test]
    fn the_preheader_is_first_hidden_and_escaped() {
        let change = HtmlChange {
            preheader: Some("50% <off>"),
            ..HtmlChange::default()
        };
        let rewritten = rewrite("<body><p>x</p></body>", change, &mut |_, _| None).unwrap();
        assert!(
            rewritten.starts_with("<body><div style=\"display:none"),
            "{rewritten}"
        );
        assert!(rewritten.contains("50% &lt;off&gt;"));
        assert_eq!(text_of(&rewritten), "x");
    }

    #[test]
    fn text_is_readable() {
        let html = concat!(
            "<html><head><title>t</title><style>p{}</style></head><body><h1>Hi &amp; bye</h1>",
            "<p>One\n two<br>three</p><ul><li>a</li><li>b</li></ul>",
            "<p><a href=\"https://shop.test/\">Shop</a>&nbsp;now</p><script>x()</script></body></html>"
        );
        assert_eq!(
            text_of(html),
            "Hi & bye\n\nOne two\nthree\n\n- a\n- b\n\nShop (https://shop.test/) now"
        );
    }
}
