"""What names mean for identity: where a request carries it, which library calls check it, which answers refuse."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

WORDS = re.compile(
    r"user|session|auth|token|jwt|bearer|account|member|identity|login|logged|principal|credential|api.?key|secret"
    r"|signature|\bsig\b|hmac|customer|admin|(^|_)uid$|(^|_)sub$|(^|[._])sid$|passport",
    re.I,
)
"""Names of things that tell who is asking."""
HEADER_WORDS = re.compile(
    r"auth|token|key|secret|sig|jwt|session|user|credential|identity|hmac|cert|email|cookie", re.I
)
NOT_IDENTITY = re.compile(
    r"csrf|xsrf|nonce|lang|locale|theme|flash|^next|captcha|^state$|cart|currency|timezone|consent|visit|page_?view|user.?agent|idempotency|^sec-websocket|request.?id|trace",
    re.I,
)
"""What sessions, cookies and headers also hold, and what says nothing about who is asking."""
_SESSION_WORDS = re.compile(r"(^|_)(id|uid|e?mail|name|role|level|phone|profile|perms?|project)($|_)|^is_|\bid\b", re.I)


def tells_who(name: str | None) -> bool:
    """Whether a key of a session is about its owner; one that is only known while running may be."""
    if name is None:
        return True
    return not NOT_IDENTITY.search(name) and bool(WORDS.search(name) or _SESSION_WORDS.search(name))


KEY_WORDS = re.compile(r"api.?key|secret|signature|\bsig\b|hmac|access.?key|auth.?key", re.I)
"""Names of values in a query or body that are a proof of their own, not a form field."""
TOKEN_WORDS = re.compile(r"token|jwt|api.?key|secret|signature|hmac|credential|authorization|(^|_)key$", re.I)

SERVER_SIDE = frozenset(
    {
        "flask.session", "quart.session", "flask_login.current_user", "flask_login.utils.current_user",
        "flask_security.current_user", "flask_jwt_extended.current_user", "flask_praetorian.current_user",
        "quart_auth.current_user", "flask_user.current_user", "flask_jwt.current_identity", "flask_login.login_fresh",
        "flask_principal.identity", "flask_jwt_extended.get_jwt_identity", "flask_jwt_extended.get_jwt",
        "flask_jwt_extended.get_current_user", "flask_jwt_extended.get_raw_jwt",
    }
)  # fmt: skip
"""Library objects and functions that hold a verified identity, and nothing for an anonymous caller."""

ANONYMOUS_OBJECTS = frozenset(
    {"flask_login.current_user", "flask_login.utils.current_user", "flask_security.current_user",
     "flask_user.current_user", "quart_auth.current_user"}
)  # fmt: skip
"""Those of them that are an object even for an anonymous caller."""

REQUESTS = frozenset(
    {
        "flask.request", "quart.request", "werkzeug.local.request", "fastapi.Request", "starlette.requests.Request",
        "fastapi.WebSocket", "starlette.websockets.WebSocket", "starlette.requests.HTTPConnection",
        "fastapi.requests.Request", "fastapi.requests.HTTPConnection", "fastapi.websockets.WebSocket",
    }
)  # fmt: skip
GLOBALS = frozenset({"flask.g", "quart.g"})

RAISES = re.compile(
    r"^(jwt\.(decode|decode_complete|jwt\.decode)|jose\.jwt\.decode|jose\.jwt\.verify|jwt\.api_jwt\.decode|jws\.verify"
    r"|authlib\.jose\.jwt\.decode|firebase_admin\.auth\.verify_(id_token|session_cookie)"
    r"|google\.oauth2\.id_token\.verify_(oauth2|firebase)_token|google\.oauth2\.id_token\.verify_token"
    r"|stripe\.Webhook\.construct_event|stripe\.webhook\.Webhook\.construct_event"
    r"|stripe\.WebhookSignature\.verify_header|stripe\.webhook\.WebhookSignature\.verify_header"
    r"|flask_jwt_extended\.verify_jwt_in_request|flask_jwt_extended\.decode_token|flask_jwt\._jwt_required"
    r"|svix\.(webhooks\.)?Webhook\.verify|standardwebhooks\.(webhooks\.)?Webhook\.verify)$"
)
"""Functions of libraries that raise for a token or signature that is missing or wrong."""
RAISING_METHODS = frozenset(
    {
        "jwt_required", "fresh_jwt_required", "jwt_refresh_token_required", "verify_id_token", "verify_session_cookie",
        "construct_event", "access_token_required", "refresh_token_required", "verify_oauth2_token",
        "verify_firebase_token", "require_auth", "assert_authenticated",
    }
)  # fmt: skip
COMPARES = re.compile(r"(^|\.)(compare_digest|constant_time_compare|safe_str_cmp|checkpw)$")
SIGNERS = re.compile(r"(Serializer|Signer|Fernet|Webhook)\.?.*\.(loads|unsign|decrypt|verify|load_payload)\(?\)?$")
"""Methods of signing libraries that raise for what was not signed."""

VERIFIES = re.compile(
    r"verify|decode|validate|check|authenticate|introspect|valid|decrypt|unsign|authorize|authoriz|is_allowed|has_perm"
    r"|permission|confirm",
    re.I,
)
LOOKS_UP = re.compile(
    r"get|find|query|filter|first|one|fetch|select|load|scalar|exec|lookup|search|by_|exists|read|count|where|all|glob",
    re.I,
)
PURE = re.compile(
    r"^(str|bytes|int|bool|len|list|dict|tuple|set|sorted|strip|lstrip|rstrip|split|rsplit|partition|rpartition|lower"
    r"|upper|replace|removeprefix|removesuffix|encode|decode|startswith|endswith|format|join|b64decode|b64encode|unquote"
    r"|hexdigest|digest|sha256|sha1|md5|UUID|strip_tags|isinstance|get_authorization_scheme_param|cast|isdigit|copy"
    r"|urlsafe_b64decode|model_dump|decode_base64|get_unverified_header|get_unverified_claims|await|print|info|debug)$"
)
"""Calls that hand on what they are given without verifying it."""

RESPONSES = re.compile(
    r"(Response|Exception|Error|^jsonify|^make_response|^redirect|^render_template|^render_template_string|^abort|^render"
    r"|Unauthorized|Forbidden|NotFound|BadRequest|^url_for|^send_file|^send_from_directory|^flash|^error|_error|_response)$"
)
REFUSES = re.compile(
    r"unauth|forbid|denied|deny|not_?allowed|permission|credential|not_?authenticated|invalid_?token|login_?required"
    r"|auth\w*error|auth\w*exception|access_?error|no_?access",
    re.I,
)
"""Names of exceptions, helpers and templates that refuse a caller."""
LOGIN_PAGE = re.compile(r"login|sign.?in|auth|unauthori[sz]ed|denied|forbidden", re.I)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a call's name says; see the patterns."""

    raises: bool
    compares: bool
    pure: bool
    responds: bool
    verifies: bool
    looks_up: bool
    tells_who: bool
    ends: bool


@lru_cache(maxsize=50_000)
def kind_of(name: str, last: str) -> Kind:
    """A called thing by its dotted name and the last part it was called by."""
    known = RAISES.search(name) or last in RAISING_METHODS or SIGNERS.search(name)
    return Kind(
        raises=bool(known),
        compares=bool(COMPARES.search(name) or COMPARES.search(last)),
        pure=bool(PURE.search(last)),
        responds=bool(RESPONSES.search(last)),
        verifies=bool(VERIFIES.search(last)),
        looks_up=bool(LOOKS_UP.search(last)),
        tells_who=bool(_WHO.search(last)),
        ends=bool(_ENDS.search(name) or _ENDS.search(last)),
    )


_ENDS = re.compile(r"(^|\.)(abort|abort_json|http_abort|sys\.exit)$")
_WHO = re.compile(r"current_?user|get_user|identity|authenticate", re.I)
_STATUS_NAMES = {"unauthorized": 401, "forbidden": 403, "proxy_authentication_required": 407}


def status_of_name(name: str) -> int | None:
    """The number of a named status: `status.HTTP_401_UNAUTHORIZED`, `HTTPStatus.FORBIDDEN`."""
    found = re.search(r"HTTP_(\d{3})_", name) or re.search(r"WS_(\d{4})_", name)
    if found:
        return int(found[1])
    last = name.rpartition(".")[2].lower()
    if "status" in name.lower() or "codes" in name.lower():
        return _STATUS_NAMES.get(last, 400 if last in ("bad_request", "not_found", "unprocessable_entity") else None)
    return None


# --- decorators and dependencies of libraries ---

DECORATORS = re.compile(
    r"^(flask_login\.(utils\.)?(login_required|fresh_login_required)|flask_jwt_extended\.(view_decorators\.)?"
    r"(jwt_required|fresh_jwt_required|jwt_refresh_token_required)(\(\))?|flask_jwt\.jwt_required(\(\))?"
    r"|flask_security\.(decorators\.)?(login_required|auth_required|token_required|roles_required|roles_accepted"
    r"|permissions_required|permissions_accepted|http_auth_required|auth_token_required)(\(\))?"
    r"|flask_user\.(login_required|roles_required)(\(\))?|flask_praetorian\.(auth_required|roles_required|"
    r"roles_accepted)(\(\))?|flask_appbuilder\.(security\.decorators\.)?(has_access|has_access_api|protect)(\(\))?"
    r"|quart_auth\.(login_required|basic_auth_required)(\(\))?|quart_jwt_extended\.jwt_required(\(\))?"
    r"|starlette\.authentication\.requires|fastapi_login\..*|flask_httpauth\.\w+\.login_required(\(\))?"
    r"|flask_oidc\.OpenIDConnect\.(require_login|accept_token|loggedin_required)(\(\))?"
    r"|authlib\.integrations\.flask_oauth2\.(\w+\.)?ResourceProtector(\(\))?|supertokens_python\..*verify_session(\(\))?"
    r"|flask_principal\.Permission\.require(\(\))?|apiflask\.APIFlask\.auth_required\(\))$"
)
"""Decorators of libraries that let nobody pass without a verified identity (unless called with optional=True)."""
GUARD_NAME = re.compile(
    r"^(require_?|requires_?)?(login|auth|jwt|token|roles?|permissions?|admin|scopes?|user|api_?key|authenticated|authn)_?"
    r"(is_)?(required|accepted|protected)$|^requires?_(login|auth|authentication|authenticated|admin|user|jwt|token|roles?"
    r"|permissions?|scopes?|api_?key)$|^(login|auth|token)_?protected$|^authenticated_only$|^protected$",
    re.I,
)
"""A decorator's name that means nothing else, whoever wrote it."""
DEPENDENCIES = re.compile(
    r"^(fastapi_users\.FastAPIUsers\.(current_user|authenticator\.current_user)\(\)|fastapi_login\.LoginManager"
    r"|fastapi_azure_auth\..*|fastapi_auth0\..*get_user|supertokens_python\..*verify_session\(?\)?"
    r"|fastapi_keycloak\.FastAPIKeycloak\.get_current_user\(\)|fastapi_cloudauth\..*|fastapi_clerk_auth\.ClerkHTTPBearer"
    r"|authx\.AuthX\.(access_token_required|refresh_token_required|fresh_token_required|token_required\(\)).*"
    r"|fastapi_jwt\.\w+(Bearer|BearerCookie|Cookie)|fastapi_jwt_auth\.JWTBearer|propelauth_fastapi\..*require_user)$"
)
"""FastAPI dependencies of libraries that raise for a caller without a verified identity."""
SCHEMES = re.compile(
    r"^fastapi\.security\.(\w+\.)*(OAuth2|OAuth2PasswordBearer|OAuth2AuthorizationCodeBearer|HTTPBearer|HTTPBasic"
    r"|HTTPDigest|APIKeyHeader|APIKeyCookie|APIKeyQuery|OpenIdConnect)$"
)
"""FastAPI's own schemes: they demand that credentials are sent, they do not verify them."""
NEUTRAL_MIDDLEWARE = re.compile(
    r"cors|gzip|brotli|trustedhost|httpsredirect|session|proxy|sentry|prometheus|metric|log|timing|request_?id|correlation"
    r"|compress|cache|rate|limit|slow|helmet|secure|header|otel|opentelemetry|trace|trac|i18n|locale|babel|exception|error"
    r"|profil|instrument|debug|timeout|csrf|xss|wsgi|whitenoise|static|context|elastic|newrelic|datadog|asgi|db|sql",
    re.I,
)
AUTHY = re.compile(
    r"auth|login|jwt|token|user|identity|permission|role|api_?key|protect|guard|secur|verify|session", re.I
)
