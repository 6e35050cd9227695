"""The default of a secret setting is masked whatever it is, and the setting's name is not."""

from __future__ import annotations

import time

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.facts.secrets.mask import Masked, mask_around, mask_lines, mask_text

TOKEN = drawn("an", 24, 5)


@pytest.mark.parametrize(
    ("path", "before", "value", "after"),
    [
        ("a.py", "SECRET_KEY = os.environ.get('CONDUIT_SECRET', '", "secret-key", "')  # TODO"),
        ("a.py", "SECRET_KEY = os.environ.get('CONDUIT', '", "plain", "')"),
        ("a.py", 'x = os.getenv("SECRET_KEY", "', "changeme", '")'),
        ("a.py", 'x = os.getenv(\n    "SECRET_KEY",\n    "', "dev", '",\n)'),
        ("a.py", "SECRET_KEY = os.environ.get('SECRET_KEY') or '", "hard to guess string", "'"),
        ("a.py", "x = config('SECRET_KEY', default='", "your-key", "')"),
        ("a.py", "x = config('SECRET_KEY', cast=str, default='", "your-key", "')"),
        ("a.py", "x = env.str('SECRET_KEY', default='", "a", "')"),
        ("a.py", "x = env('API_TOKEN', '", "test", "')"),
        ("a.py", "secret_key: str = Field(default='", "changethis", "', alias='KEY')"),
        ("a.py", "app.config.from_mapping(SECRET_KEY='", "dev", "')"),
        ("a.py", "app.secret_key = '", "dev", "'"),
        ("a.ts", "secret: process.env.JWT_SECRET || '", "superSecret", "',"),
        ("a.ts", "const s = process.env.JWT_SECRET ?? `", "test", "`"),
        ("a.ts", "const s = process.env['JWT_SECRET'] || '", "secret", "'"),
        ("a.ts", "const { JWT_SECRET = '", "secret", "' } = process.env"),
        ("a.ts", "JWT_SECRET: z.string().min(3).default('", "secret", "'),"),
        ("a.ts", "jwt.sign(data, '", "secret", "')"),
        ("a.ts", "session({ secret: '", "keyboard cat", "' })"),
        ("a.rb", 'ENV.fetch("SECRET_KEY_BASE", "', "dummy", '")'),
        ("a.rb", 'ENV["SECRET_KEY_BASE"] || "', "dummy", '"'),
        ("compose.yml", "SECRET_KEY: ${SECRET_KEY:-", "changeme", "}"),
        ("run.sh", "export API_TOKEN=${API_TOKEN:-", "test", "}"),
        (".env", "API_TOKEN=", TOKEN, ""),
        (".env.local", "export API_TOKEN='", TOKEN, "'"),
        ("run.sh", "API_TOKEN=", TOKEN, " ./run"),
    ],
)
def test_the_value_goes_and_the_rest_stays(path: str, before: str, value: str, after: str) -> None:
    shown = mask_text(path, before + value + after)
    if path.startswith(".env"):
        before, after = before.rstrip("'"), ""
    assert shown == f"{before}••••••••{after}"


@pytest.mark.parametrize(
    "text",
    [
        "x = os.environ.get('API_URL', 'http://localhost')",
        "PAGE = config('PAGE_SIZE', default='20')",
        "SECRET_KEY = os.environ['SECRET_KEY']",
        "SECRET_KEY = env('SECRET_KEY', default='')",
        "key = os.getenv('CONDUIT_SECRET')",
        "raise KeyError('SECRET_KEY', name)",
    ],
)
def test_what_is_no_secrets_default_stays(text: str) -> None:
    assert mask_text("a.py", text) == text


def big(middle: str) -> tuple[str, int]:
    """A long text with `middle` half-way, and its first line's number."""
    filler = "".join(f"    row_{number} = call({number}, 'text of a row')\n" for number in range(4_000))
    return filler + middle + filler, 4_001


KIND = "PRIVATE" + " KEY"
PEM = f"-----BEGIN {KIND}-----\n" + "\n".join(drawn("b64", 64, n) for n in range(120)) + f"\n-----END {KIND}-----\n"
SHORT = f"-----BEGIN {KIND}-----\n" + "MIIabc\n" * 400 + f"-----END {KIND}-----\n"


@pytest.mark.parametrize(
    "middle",
    [
        PEM,
        SHORT,
        f"API_TOKEN = (\n    '{TOKEN}'\n)\n",
        f"password = '{drawn('pw', 12, 4)}'\n",
        'x = os.getenv(\n    "SECRET_KEY",\n    "dev",\n)\n',
    ],
)
def test_an_excerpt_of_a_large_file_is_masked_as_the_whole_is(middle: str) -> None:
    text, first = big(middle)
    whole = mask_lines("a.py", text)
    masked = Masked("a.py", text)
    count = middle.count("\n")
    for start in {first, first + count // 2, first + count - 1}:
        for low in (start - 3, start):
            assert mask_around("a.py", text, low, start + 3) == whole[low - 1 : start + 3]
            assert masked.lines(low, start + 3) == whole[low - 1 : start + 3]
    assert mask_around("a.py", text, 1, 4) == whole[:4]
    assert mask_around("a.py", text, len(whole) - 2, len(whole) + 9) == whole[-3:]


@pytest.mark.parametrize(("text", "lines"), [("", [""]), ("a", ["a"]), ("a\r\n", ["a", ""])])
def test_small_texts(text: str, lines: list[str]) -> None:
    assert mask_around("a.py", text, 1, 9) == lines


def test_an_excerpt_costs_little_however_long_the_file_or_its_lines_are() -> None:
    entry = '"node_modules/a": {"integrity": "sha512-%s=="},\n'
    text = "".join(entry % drawn("b64", 86, number) for number in range(4_000))
    started = time.process_time()
    for line in (5, 1_000, 3_999):
        assert len(mask_around("package-lock.json", text, line - 3, line + 3)) in (6, 7)
    assert len(mask_around("a.json", text.replace("\n", ""), 1, 1)) == 1
    assert time.process_time() - started < 1.0


def test_a_long_line_is_cut_and_still_masked() -> None:
    text = f'{{"a": "{"x y " * 9_000}", "password": "{TOKEN}"}}'
    (line,) = mask_around("a.json", f'{{"api_token": "{TOKEN}"}}, {text}', 1, 1)
    assert TOKEN not in line
    assert line.startswith('{"api_token": "••••••••"}, {"a"')
