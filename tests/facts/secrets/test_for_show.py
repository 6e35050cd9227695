"""What shows how something is written, or serves a run of the tests alone: for review, and what is near it is not."""

from __future__ import annotations

import base64

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.facts.secrets.scanner import scan
from shipworthy.model import Confidence

RANDOM = drawn("an", 40, 31)
PASSWORD = drawn("pw", 12, 31)
LIVE = "sk" + "_live_" + drawn("an", 60, 31)
WORDS = base64.b64encode(b"my-secret-key-which-should-be-changed-in-production\n").decode()
BCRYPT = "$2" + "y$10$" + drawn("an", 53, 31)
RUN = ".github/workflows/ci.yml"
SERVICE = "jobs:\n  db:\n    services:\n      sql:\n        image: sql\n        env:\n          SA_PASSWORD: {}\n"

SHOWN = [
    # file, the text around a value, and the same without what says that it is for show
    ("values.yaml", "## Example:\n## gossipKey: '{}'\n## apiKey: '{}'\n", "## The key.\n## apiKey: '{}'\n"),
    ("lib/a.rb", "# ==== Examples\n#   tag 'x'\n#\n#   login(password: '{}')\n", "# In\n#   login(password: '{}')\n"),
    ("lib/a.rb", "#   login(password: '{}')\n#   save # => false\n", "#   login(password: '{}')\n#   save # false\n"),
    ("v.yaml", "# api_key: {}\n# url: https://id.example.com/\n", "# api_key: {}\n# url: https://id.plantshop.io/\n"),
    ("src/a.ts", "/**\n * @example\n * connect({{ apiKey: '{}' }})\n */", "/**\n * f({{ apiKey: '{}' }})\n */"),
    ("lib/a.ex", '@moduledoc ~S"""\n  config :app,\n    api_key: "{}"\n  """\n', 'x = """\n    api_key: "{}"\n  """\n'),
    ("lib/a.ex", '@doc """\nX\n"""\n\n  iex> api_key = "{}"\n', '@doc """\nX\n"""\n\n  api_key = "{}"\n'),
    ("a.py", 'def f():\n    """F.\n\n    api_key = "{}"\n    """\n', 'def f():\n    """F."""\n    api_key = "{}"\n'),
    ("a.py", 'class F:\n    r"""F.\n    api_key = "{}"\n    """\n', 'class F:\n    x = """\n    api_key = "{}"\n'),
    ("api.yaml", "openapi: 3.1.0\npaths:\n  refresh_token: {}\n", "paths:\n  refresh_token: {}\n"),
    ("api.json", '{{\n  "swagger": "2.0",\n  "api_key": "{}"}}', '{{\n  "version": "2.0",\n  "api_key": "{}"}}'),
    (".env.template", "# API_KEY={}\n", "API_KEY={}\n"),
    (RUN, SERVICE, SERVICE.replace("services:", "outputs:")),
    (RUN, SERVICE + "    steps:\n      - env:\n          DB_PASSWORD: {}\n", "env:\n  DB_PASSWORD: {}\n"),
    (RUN, "env:\n  NODE_ENV: test\n  A: b\n  SECRET_KEY: {}\n", "env:\n  NODE_ENV: test\n\n  SECRET_KEY: {}\n"),
    (RUN, "env:\n  SECRET_KEY: {}\n  RAILS_ENV: test\n", "env:\n  SECRET_KEY: {}\n  RAILS_ENV: production\n"),
    (RUN, "env:\n  SECRET_KEY: {}\n  RAILS_ENV: test\n", "env:\n  VENDOR_API_SECRET: {}\n  RAILS_ENV: test\n"),
]  # fmt: skip

FOR_TESTS = [
    "Tests/ShopTests/conf.json", "src/Shop.FunctionalTests/conf.json", "android/src/androidTest/conf.json",
    "integration_test/conf.json", "jwt/stub/conf.json", "users/.snapshots/TestCreate.json", "hack/test_async.env",
    "shop/configuration_testing.json", "phpunit.xml.dist", ".ci/compose.ci.yaml",
    "web/keys.clienttest.ts", "docker-compose.e2e.yml", "internal/test_resources/conf.yml.json", "x/test-certs/a.json",
]  # fmt: skip
NOT_FOR_TESTS = [
    "latest/conf.json", "contests/conf.json", "src/a.latest.js", "compose.prod.yaml", "config/attest.json",
    "stubborn/a.json", "latest_data/a.json", "SpeedTest/conf.json", "src/Latest/a.json",
    "docker-compose.yml", "testimonials.env",
]  # fmt: skip

REFUSED = [
    ("values.yaml", f"  htpasswd: shop_user:{BCRYPT}\n", "hash"),
    ("deployment.yaml", '- name: SMTP_PASSWORD\n  value: "/secrets/smtp-password"\n', "path"),
    (".env.demo", "APP_SECRET=not-a-secret--read-the-doc!\n", "placeholder"),
    ("ci.yml", "SA_PASSWORD: some!Password\n", "placeholder"),
    ("a.rb", f"form_tag('/', authenticity_token: '{RANDOM}')", None),
    ("a.ts", "const displaySecretKey = 'sk-lf-...5678'", "placeholder"),
    ("a.yml", f"base64-secret: {WORDS}\n", "base64-text"),
    ("appsettings.json", '{"stripeKey": "SECRET",\n "bitPayWebhookKey": "SECRET"}', "name"),
    ("Scale.cs", 'var hwFilterFirstPass = "vpp_rkrga=format=bgra:afbc=1";', None),
    (".github/workflows/build.yml", '  secrets: "SHOP-GHAPP-ID,SHOP-GHAPP-KEY"\n', "code"),
    (
        "a_test.go",
        "secret: 'v1," + "wh" + f"sec_{base64.b64encode(b'ilikeourshopverymuchandihopeyoudotoo').decode()}'",
        None,
    ),
    ("a.ts", f"export const PUBLIC_KEY = '{RANDOM}'", None),
]

FOR_REVIEW = [
    ("a.yml", f"jwtSecretKey: {WORDS}\n"),
    ("settings.py", "SECRET_KEY = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'"),
]


def confidences(path: str, text: str) -> set[Confidence]:
    return {hit.confidence for hit in scan(path, text.encode()).hits}


@pytest.mark.parametrize(("path", "shown", "meant"), SHOWN, ids=range(len(SHOWN)))
def test_what_is_for_show_is_for_review_and_what_is_meant_is_not(path: str, shown: str, meant: str) -> None:
    secret = PASSWORD if "assword" in shown else RANDOM
    assert confidences(path, shown.format(secret, secret)) == {Confidence.REVIEW}
    assert confidences(path, meant.format(secret, secret)) == {Confidence.LIKELY}


@pytest.mark.parametrize("path", ["values.yaml", "lib/a.rb"])
def test_what_a_provider_issued_counts_in_an_example_too(path: str) -> None:
    assert Confidence.CERTAIN in confidences(path, f"# Example:\n# api_key: '{LIVE}'\n")


def test_an_address_without_a_scheme_is_no_comment() -> None:
    assert Confidence.REVIEW not in confidences(".npmrc", f"//npm.plantshop.example/:_authToken={RANDOM}\n")


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ('const TEST_FAKE_RSA_KEY_0: &str = "{}";', Confidence.REVIEW),
        ('let fakeKey = "{}";', Confidence.REVIEW),
        ('const LATEST_RSA_KEY: &str = "{}";', Confidence.CERTAIN),
        ('sign(test, key, "{}");', Confidence.CERTAIN),
    ],
)
def test_a_key_whose_name_says_that_it_is_for_tests_is_for_review(text: str, confidence: Confidence) -> None:
    body = "\n".join(drawn("b64", 64, seed) for seed in range(12))
    key = "-----BEGIN RSA PRIV" + f"ATE KEY-----\n{body}\n-----END RSA PRIV" + "ATE KEY-----"
    assert confidences("src/keys.rs", text.format(key)) == {confidence}
    # The first line of a key is no comment.
    assert confidences("keys.rs.example", key) == {Confidence.CERTAIN}


@pytest.mark.parametrize("path", FOR_TESTS)
def test_files_of_tests_are_for_review(path: str) -> None:
    assert confidences(path, f'{{"api_key": "{RANDOM}"}}') == {Confidence.REVIEW}


@pytest.mark.parametrize("path", NOT_FOR_TESTS)
def test_files_with_names_near_those_count(path: str) -> None:
    assert confidences(path, f'{{"api_key": "{RANDOM}"}}') == {Confidence.LIKELY}


@pytest.mark.parametrize(("path", "text", "by"), REFUSED, ids=range(len(REFUSED)))
def test_what_says_that_it_is_none_is_refused(path: str, text: str, by: str | None) -> None:
    found = scan(path, text.encode())
    assert not found.hits
    assert by is None or by in {reason for reason, _ in found.left_out}


@pytest.mark.parametrize(("path", "text"), FOR_REVIEW, ids=range(len(FOR_REVIEW)))
def test_a_signing_secret_of_words_is_for_review(path: str, text: str) -> None:
    assert confidences(path, text) == {Confidence.REVIEW}
