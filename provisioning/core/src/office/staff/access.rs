//! Which role may use which route: one table. A clerk's route that does not stand in it answers nobody.

use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use madoguchi_protocol::clerk::Role::{self, Checker, Clerk, Operator, Supervisor};
use madoguchi_protocol::clerk::{CHANGES, SESSION};

use super::super::Shared;
use super::session::{self, Noted};
use crate::peer::DevicePeer;
use crate::problem::{Code, Refusal};

/// Where the rules below count.
const CLERKS_ROUTES: &str = "/v1/clerk/";

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Whoever sits at a counter, to log in.
    Anybody,
    /// Whoever is logged in, also before they changed their first password.
    LoggedIn,
    /// Whoever has one of these roles.
    Roles(&'static [Role]),
}

/// Method, path as the OpenAPI document spells it, and who.
pub(crate) const RULES: &[(&str, &str, Rule)] = &[
    ("POST", "/v1/clerk/session", Rule::Anybody),
    ("GET", "/v1/clerk/session", Rule::LoggedIn),
    ("DELETE", "/v1/clerk/session", Rule::LoggedIn),
    ("PUT", "/v1/clerk/password", Rule::LoggedIn),
    ("GET", "/v1/clerk/queue", Rule::Roles(&[Clerk, Checker, Supervisor, Operator])),
    ("GET", "/v1/clerk/changes", Rule::Roles(&[Clerk, Checker, Supervisor, Operator])),
    ("POST", "/v1/clerk/next", Rule::Roles(&[Clerk])),
    ("POST", "/v1/clerk/turns", Rule::Roles(&[Clerk])),
    ("POST", "/v1/clerk/turns/{turn}/step", Rule::Roles(&[Clerk, Supervisor])),
    ("PUT", "/v1/clerk/issuing", Rule::Roles(&[Supervisor])),
    (
        "POST",
        "/v1/clerk/alerts/{alert}/acknowledgement",
        Rule::Roles(&[Clerk, Supervisor, Operator]),
    ),
    ("POST", "/v1/clerk/applications/{id}/opening", Rule::Roles(&[Clerk, Supervisor])),
    ("PUT", "/v1/clerk/applications/{id}/identity", Rule::Roles(&[Clerk])),
    ("PUT", "/v1/clerk/applications/{id}/decisions", Rule::Roles(&[Clerk])),
    ("POST", "/v1/clerk/applications/{id}/submission", Rule::Roles(&[Clerk])),
    ("POST", "/v1/clerk/applications/{id}/check/opening", Rule::Roles(&[Checker])),
    ("POST", "/v1/clerk/applications/{id}/check", Rule::Roles(&[Checker])),
    ("GET", "/v1/clerk/applications/{id}/form", Rule::Roles(&[Clerk])),
    ("GET", "/v1/clerk/applications/{id}/form/paper", Rule::Roles(&[Clerk])),
    ("PUT", "/v1/clerk/applications/{id}/confirmation", Rule::Roles(&[Clerk])),
    ("POST", "/v1/clerk/applications/{id}/rejection", Rule::Roles(&[Clerk])),
    ("POST", "/v1/clerk/applications/{id}/reconciliation", Rule::Roles(&[Clerk])),
];

/// The rule of a route, if it has one.
fn rule(method: &Method, path: &str) -> Option<Rule> {
    let is_it = |(of, at, _): &&(&str, &str, Rule)| *of == method.as_str() && *at == path;
    RULES.iter().find(is_it).map(|(.., rule)| *rule)
}

/// Lets a request of a clerk's route pass when its rule says so, with who asks beside it.
pub(crate) async fn require_session(
    State(office): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let Some(path) = path.filter(|path| path.starts_with(CLERKS_ROUTES)).map(str::to_owned) else {
        return Ok(next.run(request).await);
    };
    let rule = rule(request.method(), &path);
    if rule == Some(Rule::Anybody) {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let peer = DevicePeer::from_request_parts(&mut parts, &()).await?;
    let noted = match path.as_str() {
        // Also an agent asks for these, for a counter where nobody sits.
        SESSION | CHANGES if parts.method == Method::GET => Noted::No,
        _ => Noted::Yes,
    };
    let on_duty = session::of_request(&office, &parts.headers, &peer, noted).await?;
    let allowed = match rule {
        Some(Rule::Anybody | Rule::LoggedIn) => true,
        Some(Rule::Roles(_)) if on_duty.must_change_password() => {
            let detail = "change the first password, then go on";
            return Err(Refusal::new(Code::ClerkPasswordChange, detail));
        }
        Some(Rule::Roles(roles)) => roles.iter().any(|role| on_duty.at_work.is(*role)),
        // Nobody has thought about it yet.
        None => false,
    };
    if !allowed {
        let detail = "ask a colleague who may do this, or the information section";
        return Err(Refusal::new(Code::ClerkRole, detail));
    }
    let mut request = Request::from_parts(parts, body);
    request.extensions_mut().insert(on_duty);
    Ok(next.run(request).await)
}
