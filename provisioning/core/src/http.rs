//! How every role reads requests and answers: typed bodies, problems for everything else, a
//! certificate for every route that is not open, one span a request.

use std::marker::PhantomData;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, MatchedPath, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, Router};
use jiff::Timestamp;
use madoguchi_authority::Role;
use madoguchi_protocol::core_api::{self, Health, MAX_BODY, Problem};
use madoguchi_protocol::time::day_in_japan;
use serde::de::DeserializeOwned;
use tracing::{Instrument as _, Span};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::peer::{Peer, no_certificate};
use crate::problem::{Code, Refusal};

/// A body that takes longer than this to arrive is given up.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// One role's routes as they are served: `guarded` need a certificate, `open` do not.
pub(crate) fn service(role: Role, guarded: Router, open: Router) -> Router {
    let guarded = guarded
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(require_certificate));
    guarded
        .merge(open.method_not_allowed_fallback(wrong_method))
        .layer(Extension(role))
        .layer(from_fn(log_request))
}

/// The routes that every role has.
pub(crate) fn common_routes<S: Clone + Send + Sync + 'static>() -> OpenApiRouter<S> {
    OpenApiRouter::default().routes(routes!(health))
}

/// That a role is up, and its day.
#[utoipa::path(get, path = core_api::HEALTH, tag = "every role", responses(
    (status = 200, description = "The role is up", body = Health),
    (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
))]
async fn health(Extension(role): Extension<Role>) -> Json<Health> {
    let now = Timestamp::now();
    Json(Health {
        roles: vec![role.to_string()],
        version: env!("CARGO_PKG_VERSION").to_owned(),
        business_day: day_in_japan(now),
        now,
    })
}

async fn require_certificate(request: Request, next: Next) -> Response {
    if request.extensions().get::<Peer>().is_some() {
        next.run(request).await
    } else {
        no_certificate().into_response()
    }
}

async fn unknown_route() -> Refusal {
    Refusal::new(Code::RouteUnknown, "see the OpenAPI document for the routes of this role")
}

async fn wrong_method(method: Method) -> Refusal {
    Refusal::new(Code::RouteMethod, format_args!("the route has no {method}"))
}

/// The span holds the route's pattern, never the address that was asked for: a query may hold a
/// reason that somebody wrote.
async fn log_request(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let role = request.extensions().get::<Role>().map(ToString::to_string);
    let peer = request.extensions().get::<Peer>().map(|peer| peer.identity().to_string());
    let span = tracing::info_span!(
        "request",
        role,
        method = %request.method(),
        route,
        peer,
        visit = tracing::field::Empty,
    );
    let reads = request.method() == Method::GET;
    let started = Instant::now();
    async move {
        let response = next.run(request).await;
        let status = response.status().as_u16();
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if reads && response.status().is_success() {
            tracing::debug!(status, millis, "answered");
        } else {
            tracing::info!(status, millis, "answered");
        }
        response
    }
    .instrument(span)
    .await
}

/// Notes the visit in the request's span.
pub(crate) fn note_visit(visit: madoguchi_protocol::VisitId) {
    Span::current().record("visit", tracing::field::display(visit));
}

/// A media type that a route takes.
pub(crate) trait MediaType: Send {
    /// Without parameters.
    const NAME: &str;
    /// Most bytes of a body of this type.
    const MOST: usize = MAX_BODY;
}

/// A body of a media type, at most [`MediaType::MOST`] long.
pub(crate) struct Typed<M> {
    pub(crate) bytes: Bytes,
    media_type: PhantomData<M>,
}

impl<S: Send + Sync, M: MediaType> FromRequest<S> for Typed<M> {
    type Rejection = Refusal;

    async fn from_request(mut request: Request, state: &S) -> Result<Self, Refusal> {
        expect_media_type(request.headers(), M::NAME)?;
        DefaultBodyLimit::max(M::MOST).apply(&mut request);
        let too_large = || too_large(M::MOST);
        let announced = header(request.headers(), &CONTENT_LENGTH);
        if announced.and_then(|n| n.parse::<usize>().ok()).is_some_and(|n| n > M::MOST) {
            return Err(too_large());
        }
        match tokio::time::timeout(BODY_TIMEOUT, Bytes::from_request(request, state)).await {
            Ok(Ok(bytes)) => Ok(Self { bytes, media_type: PhantomData }),
            Ok(Err(BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(
                _,
            )))) => Err(too_large()),
            Ok(Err(_)) => Err(Refusal::new(Code::RequestIncomplete, "the body broke off")),
            Err(_) => Err(Refusal::new(Code::RequestIncomplete, "the body took too long")),
        }
    }
}

fn too_large(most: usize) -> Refusal {
    Refusal::new(
        Code::RequestTooLarge,
        format_args!("a body of this route has at most {most} bytes"),
    )
}

fn expect_media_type(headers: &HeaderMap, expected: &str) -> Result<(), Refusal> {
    let found = header(headers, &CONTENT_TYPE).unwrap_or_default();
    let essence = found.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) {
        Ok(())
    } else {
        Err(Refusal::new(Code::RequestMediaType, format_args!("this route takes {expected}")))
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

struct JsonType;
impl MediaType for JsonType {
    const NAME: &str = "application/json";
}

/// A JSON body of exactly that type.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let Typed { bytes, .. } = Typed::<JsonType>::from_request(request, state).await?;
        // Only the place: the parser's message quotes what stands there.
        serde_json::from_slice(&bytes).map(Self).map_err(|e| {
            let detail = format!("it stops to fit at line {}, column {}", e.line(), e.column());
            Refusal::new(Code::RequestJson, detail)
        })
    }
}

/// The query's parameters.
pub(crate) struct QueryParameters<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryParameters<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(query)| Self(query)).map_err(|_| {
            Refusal::new(Code::RequestParameter, "the query is not that of this route")
        })
    }
}

/// The path's one parameter.
pub(crate) struct PathParameter<T>(pub(crate) T);

impl<S: Sync + Send, T: DeserializeOwned + Send> FromRequestParts<S> for PathParameter<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(path)| Self(path)).map_err(|_| {
            Refusal::new(Code::RequestParameter, "the path's last part is not of this route")
        })
    }
}
