"""An excerpt never shows a secret, and keeps its lines."""

from __future__ import annotations

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.facts.secrets.mask import mask_lines, mask_text

PASSWORD = drawn("pw", 12, 9)
RANDOM = drawn("an", 40, 9)
LIVE = "sk" + "_live_" + drawn("an", 60, 9)


@pytest.mark.parametrize(
    ("path", "text", "hidden"),
    [
        ("app.py", f'key = "{LIVE}"', LIVE),
        ("app.py", f"password = '{PASSWORD}'", PASSWORD),
        ("app.py", "password = 'hunter'", "hunter"),
        ("tests/test_a.py", f"token = '{RANDOM}'", RANDOM),
        ("package-lock.json", f'"token": "{RANDOM}"', RANDOM),
        ("locales/de.json", f'{{"apiKey": "{RANDOM}"}}', RANDOM),
        ("app.py", f"call('{RANDOM}')", RANDOM),
        (".env", "NAME=plain", "plain"),
        (".env.local", "export A='b c d'", "b c d"),
        (".env", "# OLD_KEY=word", "word"),
        ("config.py", f"URL = 'postgres://u:{PASSWORD}@localhost/db'", PASSWORD),
    ],
)
def test_a_value_is_masked(path: str, text: str, hidden: str) -> None:
    shown = mask_text(path, text)
    assert hidden not in shown
    assert "••••••••" in shown


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("ci.yml", "uses: actions/checkout@" + drawn("hex", 40, 3)),
        ("a.py", "API_KEY = os.environ['API_KEY']"),
        (".env.example", "DEBUG=true\nPORT=8000\nNAME=shop"),
        ("a.py", "def handler(request): return request.token"),
    ],
)
def test_what_a_reader_needs_stays(path: str, text: str) -> None:
    assert mask_text(path, text) == text


def test_lines_keep_their_numbers_through_a_key() -> None:
    body = "\n".join(drawn("b64", 64, seed) for seed in range(3))
    text = "a\n-----BEGIN PRIV" + f"ATE KEY-----\n{body}\n-----END PRIV" + "ATE KEY-----\r\nb"
    lines = mask_lines("a.pem", text)
    assert len(lines) == text.count("\n") + 1
    assert lines[-1] == "b"
    assert not any(part in line for line in lines for part in body.split("\n"))
    assert not lines[-2].endswith("\r")


@pytest.mark.parametrize("text", ["", "\ud800 password = 'abc'", "\udcff\udcfe", "a\x00b\n\n", "é = 'ü'\n"])
def test_any_text_is_taken(text: str) -> None:
    assert len(mask_lines("a.py", text)) == text.count("\n") + 1
