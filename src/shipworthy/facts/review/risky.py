"""Which paths are risky by their names: who gets in, money, migrations, the pipeline, what it runs on."""

from __future__ import annotations

import re
from functools import lru_cache

from shipworthy.facts.pipeline.words import words
from shipworthy.project import is_test_path

AREAS = ("login and permissions", "payments", "migrations", "pipeline", "infrastructure")
LOGIN, PAYMENTS, MIGRATIONS, PIPELINE, INFRASTRUCTURE = AREAS
_LOGIN = words(
    """
    auth authn authz authentication authorization authorisation login logon signin oauth oauth2 oidc saml sso rbac jwt
    permission permissions password passwords mfa totp
    """
)
_PAYMENTS = words(
    """
    payment payments billing invoice invoices invoicing stripe paypal braintree adyen refund refunds payout payouts
    paddle
    """
)
_MIGRATIONS = frozenset(("migrations", "migration", "migrate", "alembic", "flyway", "liquibase"))
_INFRASTRUCTURE = words(
    """
    terraform k8s kubernetes helm charts ansible pulumi infra infrastructure cloudformation kustomize
    """
)
_INFRASTRUCTURE_NAMES = re.compile(
    r"(?:.*\.)?dockerfile(?:\..*)?|(?:docker-)?compose(?:[._-][\w.-]+)?\.ya?ml|containerfile|"
    r".*\.(?:tf|tfvars|bicep)|fly\.toml|procfile|"
    r"render\.ya?ml|serverless\.ya?ml|vercel\.json|netlify\.toml|app\.ya?ml|railway\.(?:json|toml)|nginx\.conf"
)
_PIPELINE = re.compile(
    r"\.github/(?:workflows|actions)/.+|\.gitlab-ci\.yml|\.gitlab/ci/.+|\.circleci/.+|\.buildkite/.+|\.travis\.yml|"
    r"(?:.*/)?jenkinsfile[^/]*|azure-pipelines[^/]*\.ya?ml|bitbucket-pipelines\.yml|\.drone\.ya?ml|\.woodpecker.*|"
    r"cloudbuild\.ya?ml|(?:\.github/|\.gitlab/|docs/)?codeowners"
)
_CODE = words(
    """
    .py .js .mjs .cjs .jsx .ts .tsx .mts .vue .svelte .go .rs .java .kt .scala .rb .php .cs .fs .swift .dart .ex .exs
    .c .cc .cpp .sql .graphql .proto
    """
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+[0-9]*")
_ASIDE = words("docs doc documentation examples example samples demo demos fixtures node_modules vendor")


@lru_cache(maxsize=4_096)
def _of_folder(folder: str) -> str | None:
    parts = folder.split("/")
    lower = [part.lower() for part in parts]
    if any(part in _ASIDE for part in lower):
        return ""
    if any(part in _MIGRATIONS for part in lower):
        return MIGRATIONS
    if any(part in _INFRASTRUCTURE for part in lower):
        return INFRASTRUCTURE
    named = {word.lower() for part in parts for word in _WORDS.findall(part[:100])}
    if named & _LOGIN:
        return LOGIN
    return PAYMENTS if named & _PAYMENTS else None


def area_of(path: str) -> str | None:
    """The area a path belongs to; None for one that is not risky by its name. Tests and examples are not."""
    lower = path.lower()
    if _PIPELINE.fullmatch(lower):
        return PIPELINE
    folder, _, name = path.rpartition("/")
    found = _of_folder(folder) if folder else None
    if found == "" or is_test_path(path):
        return None
    dot = name.rfind(".")
    code = name[dot:].lower() in _CODE if dot > 0 else False
    if found == INFRASTRUCTURE or _INFRASTRUCTURE_NAMES.fullmatch(name.lower()):
        return INFRASTRUCTURE
    if not code:
        return None
    if found is not None:
        return found
    named = {word.lower() for word in _WORDS.findall(name[:dot][:100])}
    if named & _LOGIN:
        return LOGIN
    return PAYMENTS if named & _PAYMENTS else None
