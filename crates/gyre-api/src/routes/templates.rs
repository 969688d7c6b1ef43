//! Routes of templates.

use crate::wire::templates::{TemplateOutput, TemplateRender};

/// Renders a template.
#[utoipa::path(post, path = "/api/v1/templates/render", operation_id = "templateRender", tag = "templates", request_body = TemplateRender, responses((status = 200, body = TemplateOutput)))]
pub(crate) fn template_render() {}
