//! The list of objects that a server answers with, and its errors: the few elements that matter of two documents.
//!
//! Keys are asked for percent-encoded, so that no element stands in another's text.

use gyre_app::imports::ObjectEntry;

/// One page of objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listing {
    pub(super) objects: Vec<ObjectEntry>,
    /// Token of the next page.
    pub(super) next: Option<String>,
}

/// The text of the first element of this name, and what comes after it.
fn element<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>"))
}

fn text_of(text: &str, name: &str) -> Option<String> {
    let (inner, _) = element(text, name)?;
    // the last, so that `&amp;quot;` stays what it was
    Some(
        inner
            .replace("&quot;", "\"")
            .replace("&#34;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&apos;", "'")
            .replace("&amp;", "&"),
    )
}

fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|it| char::from(*it).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            (b'+', _, _) => {
                out.push(b' ');
                rest = after;
            }
            (other, _, _) => {
                out.push(*other);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl Listing {
    /// Reads a page; `None` if it is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        if !text.contains("<ListBucketResult") {
            return None;
        }
        let is_encoded = text_of(text, "EncodingType").as_deref() == Some("url");
        let mut objects = Vec::new();
        let mut rest = text;
        while let Some((inner, after)) = element(rest, "Contents") {
            let key = text_of(inner, "Key")?;
            objects.push(ObjectEntry {
                key: if is_encoded { decoded(&key) } else { key },
                bytes: text_of(inner, "Size")?.parse().ok()?,
                etag: text_of(inner, "ETag").unwrap_or_default(),
            });
            rest = after;
        }
        let is_cut = text_of(text, "IsTruncated").as_deref() == Some("true");
        let next = text_of(text, "NextContinuationToken").filter(|_| is_cut);
        Some(Self { objects, next })
    }
}

/// `NoSuchBucket: The specified bucket does not exist` of an error.
pub(super) fn error_of(text: &str) -> Option<String> {
    let code = text_of(text, "Code")?;
    let message = text_of(text, "Message").unwrap_or_default();
    Some(format!("{code}: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_and_an_error_are_read() {
        let page = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><EncodingType>url</EncodingType>\
            <Contents><Key>a%2Fb+c%26.csv</Key><ETag>&quot;e1&quot;</ETag><Size>12</Size></Contents>\
            <Contents><Key>d</Key><ETag>\"e2\"</ETag><Size>0</Size></Contents>\
            <IsTruncated>true</IsTruncated><NextContinuationToken>t&amp;1</NextContinuationToken></ListBucketResult>";
        let listing = Listing::read(page).unwrap();
        assert_eq!(listing.next.as_deref(), Some("t&1"));
        assert_eq!(listing.objects.len(), 2);
        assert_eq!(listing.objects[0].key, "a/b c&.csv");
        assert_eq!(listing.objects[0].etag, "\"e1\"");
        assert_eq!(Listing::read("<html>"), None);
        let error = "<Error><Code>NoSuchBucket</Code><Message>It is not there</Message></Error>";
        assert_eq!(error_of(error).unwrap(), "NoSuchBucket: It is not there");
    }
}
