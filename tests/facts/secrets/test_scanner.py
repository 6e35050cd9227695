"""What counts as a secret, what is for review, and which filter refuses what is none: one table."""

from __future__ import annotations

import base64
import json

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.facts.secrets.scanner import scan
from shipworthy.model import Confidence

RANDOM = drawn("an", 40, 7)
HEX = drawn("hex", 40, 7)
PASSWORD = drawn("pw", 12, 7)
LIVE = "sk" + "_live_" + drawn("an", 60, 7)
AWS = "AK" + "IA" + drawn("b32", 16, 7)
NO_DIGIT = "AK" + "IA" + "".join(each for each in drawn("b32", 60, 9) if each.isalpha())[:16]
UUID = "-".join(drawn("hex", size, 7) for size in (8, 4, 4, 4, 12))


def token(**claims: object) -> str:
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, drawn("word", 43, 7)])


def sure(path: str, text: str) -> list[str]:
    return [hit.rule for hit in scan(path, text.encode()).hits if hit.confidence is not Confidence.REVIEW]


def doubtful(path: str, text: str) -> list[str]:
    return [hit.rule for hit in scan(path, text.encode()).hits if hit.confidence is Confidence.REVIEW]


FOUND = [
    ("app/pay.py", f'stripe.api_key = "{LIVE}"', "stripe-live-key"),
    ("tests/test_pay.py", f'stripe.api_key = "{LIVE}"', "stripe-live-key"),
    ("README.md", f"export STRIPE_KEY={LIVE}", "stripe-live-key"),
    ("nb.ipynb", json.dumps({"cells": [{"source": [f'key = "{LIVE}"\n']}]}), "stripe-live-key"),
    (".env", f"NEXT_PRIVATE_BILLING_API_KEY={RANDOM}", "assigned-key"),
    ("s3.env", f"AWS_ACCESS_KEY_ID={AWS}", "aws-access-key-id"),
    ("s3.env", f"AWS_ACCESS_KEY_ID={NO_DIGIT}", "aws-access-key-id"),
    ("s3.env", f"AWS_SECRET_ACCESS_KEY={drawn('b64', 40, 3)}", "assigned-key"),
    ("client.py", f'api_key = (\n    "{RANDOM}"\n)', "assigned-key"),
    ("client.py", f'password = """{PASSWORD}"""', "assigned-password"),
    ("db.yml", f"db: {{user: app, password: {PASSWORD}, host: db}}", "assigned-password"),
    ("db.yml", f"db: {{user: app, password: {PASSWORD}}}", "assigned-password"),
    ("Pulumi.prod.yaml", f"config:\n  app:dbPassword: {PASSWORD}\n", "assigned-password"),
    ("build.gradle", f"signingConfigs {{\n  storePassword '{PASSWORD}'\n}}", "assigned-password"),
    ("config.xml", f'<property name="db.password">{PASSWORD}</property>', "assigned-password"),
    ("hive-site.xml", f"<name>store.ConnectionPassword</name>\n <value>{PASSWORD}</value>", "assigned-password"),
    ("env.csh", f"setenv API_KEY {RANDOM}\n", "assigned-key"),
    ("env.fish", f"set -gx API_KEY {RANDOM}\n", "assigned-key"),
    ("deploy.ps1", f'ConvertTo-SecureString "{PASSWORD}" -AsPlainText -Force', "secure-string"),
    ("app.py", f"app.secret_key = '{HEX}'", "assigned-signing"),
    ("app.py", f"app.config['SECRET_KEY'] = '{RANDOM}'", "assigned-signing"),
    ("settings.py", f"SECRET_KEY = os.environ.get('SECRET_KEY', '{RANDOM}')", "assigned-signing"),
    ("settings.py", f'SECRET_KEY = os.getenv(\n    "SECRET_KEY",\n    "{RANDOM}",\n)', "assigned-signing"),
    ("src/a.ts", f'const jwtSecret = process.env.JWT_SECRET || "{RANDOM}";', "assigned-signing"),
    ("src/a.ts", f'const k = process.env.API_KEY ?? "{RANDOM}";', "assigned-key"),
    ("src/a.ts", f'export const WEBHOOK_SIGNING_SECRET: string = "{RANDOM}";', "assigned-signing"),
    ("app/config.py", f'    jwt_secret: str = "{RANDOM}"', "assigned-signing"),
    ("client.py", f"def connect(token: str = '{RANDOM}'): ...", "assigned-token"),
    ("docker-compose.yml", f"      - DB_PASSWORD={PASSWORD}", "assigned-password"),
    ("docker-compose.yml", f"      POSTGRES_PASSWORD: {PASSWORD}", "assigned-password"),
    ("k8s.yaml", f"  - name: DB_PASSWORD\n    value: {PASSWORD}", "assigned-password"),
    ("main.tf", f'variable "db_password" {{\n  type = string\n  default = "{PASSWORD}"\n}}', "assigned-password"),
    ("web.config", f'<add key="ApiSecret" value="{RANDOM}" />', "assigned-secret"),
    ("pom.xml", f"<password>{PASSWORD}</password>", "assigned-password"),
    ("Dockerfile", f"ENV API_TOKEN {RANDOM}", "assigned-token"),
    ("app.json", f'{{"clientSecret": "{RANDOM}"}}', "assigned-secret"),
    ("mail.js", f"auth: {{ user: 'a@shop.io', pass: '{PASSWORD}' }}", "assigned-password"),
    ("app.properties", f"spring.datasource.password={PASSWORD}", "assigned-password"),
    ("db.py", f"create_engine('postgresql://shop:{PASSWORD}@db.plantshop.io/shop')", "url-password"),
    ("alembic.ini", f"sqlalchemy.url = postgresql+psycopg2://shop:{PASSWORD}@db.plantshop.io/shop", "url-password"),
    ("a.cs", f'"Server=db;User Id=sa;Password={PASSWORD};"', "connection-password"),
    ("auth.js", f'jwt.sign({{ id: user._id }}, "{RANDOM}", {{ expiresIn: "1h" }})', "signing-call"),
    ("auth.py", f'jwt.encode({{"sub": user}}, "{RANDOM}", algorithm="HS256")', "signing-call"),
    ("sync.py", f"httpx.get('https://api.vendor.io/v1?api_key={HEX}&limit=5')", "query-secret"),
    ("run.sh", f"curl -u deploy:{PASSWORD} https://api.vendor.io", "curl-user"),
    ("a.ts", f"const key = '{token(role='service_role', iss='supabase', exp=2_000_000_000)}'", "supabase-service-role"),
    ("a.ts", f"const t = '{token(sub='u-8841', scope='admin')}'", "json-web-token"),
    ("heroku.sh", f"HEROKU_API_KEY={UUID}", "heroku-uuid-key"),
    ("node_modules/x/index.js", f'const k = "{LIVE}"', "stripe-live-key"),
]  # fmt: skip

FOR_REVIEW = [
    ("tests/test_api.py", f"API_KEY = '{RANDOM}'"),
    ("docs/auth.md", f'api_key = "{RANDOM}"'),
    ("tests/conftest.py", f"create_engine('postgresql://shop:{PASSWORD}@db.plantshop.io/shop')"),
    ("docker-compose.yml", "DATABASE_URL: postgres://postgres:postgres@db:5432/app"),
    ("settings.py", "SECRET_KEY = 'a-rather-wordy-key'"),
    ("settings.py", "SECRET_KEY = 'change-me'"),
    ("src/a.ts", f"const token = '{token(sub='u1', iat=1_700_000_000, exp=1_700_003_600)}'"),
    (".env", f"NEXT_PUBLIC_SEARCH_API_KEY={RANDOM}"),
]

NOT_ASSIGNED = [
    ("Gemfile", "  key 'value'\n  password 'password'\n"),
    ("strings.xml", '<string name="password">Password</string>'),
    ("types.d.ts", "type A = { password: string, token: string }"),
    ("a.yml", "login: {password: $DB_PASSWORD, token: ${{ secrets.TOKEN }}}"),
    ("README.md", "password: {type: string, format: password}"),
    ("docs.py", 'password = """\n    The password of the user.\n"""'),
]
"""Looks like an assignment and gives no value to anything."""

CLEAN = [
    ("settings.py", "SECRET_KEY = os.environ['SECRET_KEY']", None),
    ("settings.py", "API_KEY = os.environ.get('API_KEY', '')", None),
    ("a.env", "SECRET_KEY=change-me", None),
    ("a.py", "API_KEY = 'change-me'", None),
    ("a.py", "API_KEY_HEADER = 'X-Shop-Api-Key'", None),
    ("a.py", "token_type = 'bearer'", None),
    ("a.yml", "SECRET_KEY: cG9zdGdyZXM=\n\nthings = 'shop_Plant/aSVF9zp'", None),
    ("a.py", "password = getpass.getpass('Password: ')", None),
    ("a.py", f"api_key = '{UUID[:8]}'", "dictionary-words"),
    (".env.example", "STRIPE_SECRET_KEY=sk_live_" + "x" * 30, "placeholder"),
    (".env.example", "DB_PASSWORD=<password>", None),
    ("values.yaml", 'password: "{{ .Values.password }}"', None),
    ("ci.yml", "API_TOKEN: ${{ secrets.API_TOKEN }}", None),
    ("main.tf", 'password = "${var.db_password}"', "template"),
    ("a.yml", "client_secret: vault:secret/data/shop#key", "reference"),
    ("a.py", "PASSWORD_HASHER_KEY_ID = '2b7e1516'", None),
    ("users.json", '{"password": "$2b$12$' + drawn("an", 53, 2) + '"}', "hash"),
    ("a.py", "access_token = '2YotnFZFEjr1z" + "CsicMWpAA'", "documented-default"),
    ("a.py", "PRIVATE_KEY = 'MLKEM768PRIVATE_KEY'", None),
    ("docs/db.md", "postgresql://USER:PASSWORD@HOST:PORT/DATABASE", "placeholder"),
    ("a.ts", f'stripe("pk_live_{drawn("an", 40, 3)}"); const publishableKey = "pk_live_{drawn("an", 40, 3)}"', None),
    ("a.ts", f"const anonKey = '{token(role='anon', iss='supabase', ref='abcd')}'", "public-key"),
    ("fb.ts", '{ apiKey: "AI' + f'za{drawn("word", 35, 3)}", authDomain: "x.firebaseapp.com" }}', "public-key"),
    ("package-lock.json", f'"integrity": "sha512-{drawn("b64", 86, 2)}=="', None),
    ("app.min.js", f'e.apiKey="{RANDOM}"', None),
    ("locales/de.json", '{"password": "Passwort", "token": "Zugangsmarke-2024-Ab1"}', None),
    ("schema.graphql", "tokenCreate(email: String!, password: String!): Token", None),
    ("a.ts", "apiKey: 'page.integrations.webhook.secretLabel'", "code"),
    ("a.ts", "const passwordField = 'passwordField__3fK2s'", None),
    ("rules.php", "'password' => 'required|min:8|confirmed'", "code"),
    ("routes.js", "RESET_PASSWORD: 'api/v2/user/reset-password'", "path"),
    (".pre-commit-config.yaml", f"    rev: {HEX}", None),
    ("a.py", "DETECT_SECRETS = 'detect-secrets==1.5.0'", "version"),
    ("a.js", "const authToken = '@acme/auth-token@2.10.3'", "version"),
    ("ids.csv", f"{drawn('hex', 32, 3)},list_tokens", None),
    ("a.ts", f"const TENANT_ID = '{UUID}'; const DEFAULT_KEY_ID = '{UUID}'", None),
    ("infra.ts", "Secret.fromSecretNameV2(this, 'DbPassword', 'prod/shop/db-password')", None),
    ("a.py", "SECRET = base64.b64encode(b'x')  # secret = 'VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcw=='", "base64-text"),
    ("a.pem", "-----BEGIN PRIV" + "ATE KEY-----\nMII...\n-----END PRIV" + "ATE KEY-----", None),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "rule"), FOUND)
def test_a_secret_is_found(path: str, text: str, rule: str) -> None:
    assert rule in sure(path, text)


@pytest.mark.parametrize(("path", "text"), FOR_REVIEW)
def test_a_doubt_is_for_review_only(path: str, text: str) -> None:
    assert sure(path, text) == []
    assert doubtful(path, text)


@pytest.mark.parametrize(("path", "text", "refused_by"), CLEAN)
def test_what_is_no_secret_is_refused_by_name(path: str, text: str, refused_by: str | None) -> None:
    found = scan(path, text.encode())
    assert sure(path, text) == []
    if refused_by is not None:
        assert refused_by in {reason for reason, _ in found.left_out}


def test_a_hit_never_shows_its_value() -> None:
    hit = scan("app.py", f'key = "{LIVE}"'.encode()).hits[0]
    assert LIVE not in repr(hit)


def test_the_surest_reading_of_a_place_wins() -> None:
    found = scan("app.py", f'STRIPE_SECRET_KEY = "{LIVE}"'.encode()).hits
    assert [hit.rule for hit in found] == ["stripe-live-key"]


def test_a_key_over_several_lines_is_one_hit() -> None:
    body = "\n".join(drawn("b64", 64, seed) for seed in range(12))
    text = "-----BEGIN RSA PRIV" + f"ATE KEY-----\n{body}\n-----END RSA PRIV" + "ATE KEY-----\n"
    assert sure("server.key", text) == ["private-key"]
    escaped = json.dumps({"private_key": text})
    assert sure("service-account.json", escaped) == ["private-key"]
    assert doubtful("tests/certs/server.key", text) == ["private-key"]


@pytest.mark.parametrize(("path", "text"), NOT_ASSIGNED)
def test_what_gives_no_value_is_not_found(path: str, text: str) -> None:
    assert not sure(path, text) + doubtful(path, text)
