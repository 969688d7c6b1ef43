//! Rendering a template that somebody tries out.

use std::collections::BTreeMap;

use gyre_base::Timestamp;
use gyre_liquid::{Dialect, RenderOptions, Rendered, Template};
use gyre_model::{Doc, FieldError};
use serde_json::Value;

use crate::access::CanRead;
use crate::campaigns::CampaignError;

/// Most partials of one request.
const PARTIALS_MAX: usize = 100;

/// Renders `{template, data, partials?, dialect?, strict?}`. A template that stops itself has its reason in the answer.
pub fn template_render(
    _: &CanRead,
    request: &Value,
    now: Timestamp,
) -> Result<Rendered, CampaignError> {
    render(request, now)
}

fn render(request: &Value, now: Timestamp) -> Result<Rendered, CampaignError> {
    let doc = Doc::root(request);
    doc.only(&["template", "data", "partials", "dialect", "strict"])?;
    let dialect = doc.get("dialect").map_or(Ok(Dialect::Braze), |it| {
        let named = Dialect::parse(it.text()?);
        named.ok_or_else(|| it.error("expected one of braze, shopify, shopify_lax"))
    })?;
    let strict = doc.get("strict").map_or(Ok(false), |it| it.boolean())?;
    let mut partials = BTreeMap::new();
    if let Some(map) = doc.get("partials") {
        let pairs = map.object()?;
        if pairs.len() > PARTIALS_MAX {
            return Err(map
                .error(format!("more than {PARTIALS_MAX} partials"))
                .into());
        }
        for (name, source) in pairs {
            let Some(source) = source.as_str() else {
                let pointer = format!("/partials/{name}");
                return Err(FieldError::new(pointer, "expected a text").into());
            };
            let partial = Template::parse(source, dialect).map_err(CampaignError::Template)?;
            partials.insert(name.clone(), partial);
        }
    }
    let empty = Value::Object(serde_json::Map::new());
    let data = match doc.get("data") {
        Some(data) => {
            data.object()?;
            data.value()
        }
        None => &empty,
    };
    let source = doc.need("template")?;
    let template = Template::parse(source.text()?, dialect).map_err(CampaignError::Template)?;
    let options = RenderOptions {
        strict,
        partials,
        now: Some(now),
        ..RenderOptions::default()
    };
    template
        .render(data, &options)
        .map_err(|it| CampaignError::Template(vec![it]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_request_is_rendered_with_its_reads() {
        let request = json!({
            "template": "Hi {{${first_name}}}, {% render 'foot' %}{{custom_attribute.${last_category}}}",
            "data": {"first_name": "Kim", "custom_attribute": {"last_category": "shoes"}},
            "partials": {"foot": "bye "},
        });
        let rendered = render(&request, Timestamp(0)).unwrap();
        assert_eq!(rendered.output, "Hi Kim, bye shoes");
        assert_eq!(
            rendered.reads,
            ["profile.first_name", "profile.last_category"]
        );
    }

    #[test]
    fn errors_name_their_place() {
        let request = json!({"template": "a\n{{ b | nope }}"});
        match render(&request, Timestamp(0)) {
            Err(CampaignError::Template(errors)) => {
                assert_eq!((errors[0].line, errors[0].column), (2, 8));
            }
            other => panic!("{other:?}"),
        }
        let request = json!({"template": "{{ b }}", "strict": true});
        assert!(matches!(
            render(&request, Timestamp(0)),
            Err(CampaignError::Template(_))
        ));
        let request = json!({"template": "{{ b }}", "dialect": "jinja"});
        assert!(matches!(
            render(&request, Timestamp(0)),
            Err(CampaignError::Invalid(_))
        ));
    }
}
