//! The core API v1 as an OpenAPI document, made of the same routes that are served.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder, SecurityRequirement};

use crate::office::Rule;
use crate::problem::Code;
use crate::{intake, office, registrar};

/// The whole document. All roles share it; each serves the routes of its tag and of "every role".
#[must_use]
pub fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Madoguchi core API")
        .version("1")
        .description(Some(description()))
        .build();
    let certificate = SecurityRequirement::new::<_, [&str; 0], &str>("client_certificate", []);
    let mut document = OpenApiBuilder::new().info(info).security(Some([certificate])).build();
    for routes in [
        intake::routes().into_openapi(),
        office::routes().into_openapi(),
        registrar::routes().into_openapi(),
        registrar::open_routes().into_openapi(),
    ] {
        document.merge(routes);
    }
    for (method, path, rule) in office::RULES {
        let item = document.paths.paths.get_mut(*path);
        if let Some(operation) = item.and_then(|item| operation(item, method)) {
            operation
                .extensions
                .get_or_insert_default()
                .extend([("x-roles".to_owned(), roles(*rule))]);
        }
    }
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(
        "client_certificate",
        SecurityScheme::MutualTls {
            description: Some("A certificate of the tenant's authority".to_owned()),
            deprecated: None,
            extensions: None,
        },
    );
    let basic = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("The device's name and its one-time token"))
        .build();
    components.add_security_scheme("enrolment_token", SecurityScheme::Http(basic));
    document
}

fn operation<'i>(item: &'i mut PathItem, method: &str) -> Option<&'i mut Operation> {
    match method {
        "GET" => item.get.as_mut(),
        "POST" => item.post.as_mut(),
        "PUT" => item.put.as_mut(),
        "DELETE" => item.delete.as_mut(),
        _ => None,
    }
}

/// Who may use a clerk's route: roles, `logged_in`, or `anybody` at a counter.
fn roles(rule: Rule) -> serde_json::Value {
    match rule {
        Rule::Anybody => "anybody".into(),
        Rule::LoggedIn => "logged_in".into(),
        Rule::Roles(roles) => roles.iter().map(|role| role.as_str()).collect(),
    }
}

/// The document as it is kept: pretty JSON with a line break at its end.
///
/// # Errors
/// When it does not serialise, which would be a bug of this program.
pub fn json() -> Result<String, serde_json::Error> {
    document().to_pretty_json().map(|json| json + "\n")
}

fn description() -> String {
    let mut text = "JSON over HTTP/2 and mTLS. Every refusal is a problem (RFC 9457) of the type \
                    `urn:madoguchi:problem:<code>`:\n\n| code | status | title |\n| --- | --- | --- |\n"
        .to_owned();
    for code in Code::ALL {
        text.push_str(&format!(
            "| {} | {} | {} |\n",
            code.as_str(),
            code.status().as_u16(),
            code.title()
        ));
    }
    text
}
