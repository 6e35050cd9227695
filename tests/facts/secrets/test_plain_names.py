"""Files in which values stand without quotes are told by their names."""

from __future__ import annotations

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.facts.secrets.scanner import scan
from shipworthy.model import Confidence

RANDOM = drawn("an", 40, 91)
JWT_READ = """const data = jwt.decode(idToken, {
  complete: true,
}) as Payload
throw new ShopError(
  Types.INVALID,
  "Not verified, so it cannot go on"
)
"""


def found(path: str, text: str) -> bool:
    return any(hit.confidence is not Confidence.REVIEW for hit in scan(path, text.encode()).hits)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("cloud/.credentials", "[default]\nsecret_access_key = {}\n"),
        ("cloud/.tugboat", "authentication:\n  api_key: {}\n"),
        ("api/shop.http", "GET https://api.plantshop.io/v1\nX-Api-Key: {}\n"),
        ("api/shop.rest", "GET https://api.plantshop.io/v1\nX-Api-Key: {}\n"),
        ("api/shop.bru", "headers {{\n  X-Api-Key: {}\n}}\n"),
    ],
)
def test_a_value_without_quotes_is_found(path: str, text: str) -> None:
    assert found(path, text.format(RANDOM))
    assert not found(path, text.format("your-api-key-goes-here"))
    assert not found(path, text.format("{{apiKey}}"))


@pytest.mark.parametrize("path", ["app/keys.py", "src/keys.ts", "cloud/.keys.py"])
def test_in_code_it_is_an_expression(path: str) -> None:
    assert not found(path, "api_key = settings.partner_api_key_of_the_shop\n")


@pytest.mark.parametrize("path", ["deploy/config.go", "deploy/config.ts", "deploy/config.py"])
def test_in_code_a_member_of_something_is_an_expression(path: str) -> None:
    assert not found(path, '{name: "accessKeySecret", value: s3Config.AccessKeySecret},\n')
    assert found(path, f'{{name: "accessKeySecret", value: "{RANDOM}"}},\n')


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("cl100k.tiktoken", False),
        ("version_token", False),
        ("cartToken", False),
        ("paging_token", False),
        ("mytoken", True),
        ("version_access_token", True),
        ("cart_service_token", True),
    ],
)
def test_a_token_that_opens_nothing(name: str, secret: bool) -> None:
    assert found("app/code.json", f'{{"{name}": "{drawn("hex", 40, 92)}"}}\n') is secret


@pytest.mark.parametrize(("name", "sure"), [("webhook-samples.json", False), ("examples.ts", False),
                                            ("settings.example.json", True), ("sampler.json", True)])  # fmt: skip
def test_many_samples_are_for_review(name: str, sure: bool) -> None:
    text = f'{{"client_secret": "{RANDOM}"}}\n'
    assert found(f"src/{name}", text) is sure
    assert scan(f"src/{name}", text.encode()).hits


@pytest.mark.parametrize(
    "text",
    [
        'password_bytes = password.encode("utf-8")\n',
        'encoded_password = base64.b64encode(new_password.encode("utf-8")).decode("utf-8")\n',
        'const admin = {password: passwordHash.toString("base64")}\n',
        '{ name: "SESSION_SECRET", value: sessionSecret },\n',
        '{ key: "API_KEY", value: parent?.apiKey },\n',
        'import jwt\nconst helloWorld = Array.from(new TextEncoder().encode("Hello, World!"))\n',
        JWT_READ,
    ],
)
def test_code_that_handles_a_secret_holds_none(text: str) -> None:
    assert not scan("app/service.ts", text.encode()).hits


@pytest.mark.parametrize(
    "text",
    [
        'const secret = new TextEncoder().encode("{}")\n',
        'const JWT_SECRET: Uint8Array = new TextEncoder().encode("{}")\n',
        'await jwtVerify(token, new TextEncoder().encode("{}"))\n',
        'jwt.sign(payloadOf(user), "{}")\n',
        'jwt.sign({{ id: user.id(), role: "admin" }}, "{}")\n',
    ],
)
def test_code_that_signs_with_a_literal_does(text: str) -> None:
    assert found("app/service.ts", text.format(RANDOM))


@pytest.mark.parametrize("name", ["PassPhrase", "stringEncryptionPassPhrase", "dbPassWord", "KEY_PASS_PHRASE"])
def test_a_pass_phrase_in_two_words(name: str) -> None:
    assert found("app/settings.json", f'{{"{name}": "{drawn("an", 16, 93)}"}}\n')
    assert not found("app/settings.json", f'{{"{name}": "enter your pass phrase"}}\n')
