"""A word that code signs with is the key itself; the same word elsewhere is a stand-in."""

from __future__ import annotations

import time

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.facts.secrets.scanner import GUESSABLE, scan
from shipworthy.model import Confidence

SPACED = " ".join(drawn("pw", 12, seed) for seed in (1, 2))


def rules(path: str, text: str) -> list[str]:
    return [hit.rule for hit in scan(path, text.encode()).hits]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/app.py", "app.config['SECRET_KEY'] = 'secret'"),
        ("app/app.py", "app.config['SECRET_KEY_HMAC'] = 'secret'"),
        ("app.py", 'app.secret_key = "dev"'),
        ("app.py", "app.config.from_mapping(\n    SECRET_KEY='dev',\n)"),
        ("shop/settings.py", 'SECRET_KEY = "changeme"'),
        ("shop/settings.py", "from django.conf import x\nSECRET_KEY = 'secret-key'"),
        ("config.py", "class Config:\n    SECRET_KEY = 'my secret key'"),
        ("config.py", "JWT_SECRET: str = 'secret'"),
        ("auth.py", 'jwt.encode(payload, "secret", algorithm="HS256")'),
        ("auth.py", 'jwt.encode({"sub": "a, b"}, key="secret")'),
        ("auth.py", "SECRET = 'abc'\ntoken = jwt.encode({'a': 1}, SECRET)"),
        ("main.py", "app.add_middleware(SessionMiddleware, secret_key='dev')"),
        ("a.js", "jwt.sign(data, 'secret')"),
        ("a.js", "jwt.verify(req.headers['x'], 'shhhhh', (err) => { next(err) })"),
        ("a.js", "app.use(session({\n  resave: false,\n  secret: 'keyboard cat'\n}))"),
        ("a.js", "app.use(cookieSession({ keys: ['key1', 'key2'] }))"),
        ("a.js", "app.use(cookieParser('secret'))"),
        ("a.js", "const SECRET = 'mysecret';\njwt.sign({ id }, SECRET, { expiresIn: 1 })"),
        ("a.ts", "JwtModule.register({ secret: 'secretKey', signOptions: {} })"),
        ("a.ts", "super({ secretOrKey: x }); export const jwtSecret = 'secret';"),
        ("a.go", 'var jwtKey = []byte("secret")\nx := jwt.New(a)'),
        ("a.js", "fastify.register(require('@fastify/jwt'), { secret: 'supersecret' })"),
    ],
)
def test_a_word_the_app_signs_with_is_found(path: str, text: str) -> None:
    (hit,) = scan(path, text.encode()).hits[:1]
    assert hit.rule == GUESSABLE
    assert hit.confidence is Confidence.REVIEW
    assert hit.guessable


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tests/test_a.py", "app.config['SECRET_KEY'] = 'secret'"),
        ("docs/a.py", "app.secret_key = 'dev'"),
        ("examples/a.js", "jwt.sign(data, 'secret')"),
        ("README.md", "app.secret_key = 'dev'"),
        (".env.example", "SECRET_KEY=changeme"),
        ("a.py", "# SECRET_KEY = 'changeme'"),
        ("a.js", "// jwt.sign(data, 'secret')"),
        ("a.py", ">>> jwt.encode({}, 'secret')"),
        ("a.py", "SECRET_KEY = ''"),
        ("a.py", "SECRET_KEY = '{{ cookiecutter.key }}'"),
        ("a.py", "SECRET_KEY = 'SECRET_KEY'"),
        ("a.py", "if SECRET_KEY == 'changeme':\n    raise ValueError"),
        ("a.py", "SECRET_KEY = os.environ['SECRET_KEY']"),
        ("a.py", "SECRET_KEY = 'a' + suffix"),
        ("a.py", "jwt.decode(token, key, algorithms=['HS256'])"),
        ("a.py", "jwt.encode({'secret': 'changeme'}, key)"),
        ("a.ts", "const labels = { jwtSecret: 'The secret of your app', secretKey: 'Secret key' }"),
        ("a.ts", "export const JWT_SECRET = 'JWT_SECRET'"),
        ("a.ts", "STRIPE_SECRET_KEY = 'changeme'"),
        ("a.ts", "config.get('jwt.secret'); jwt.sign(a, process.env.JWT_SECRET)"),
        ("a.ts", "app.use('/session', router, { key: 'changeme' })"),
        ("a.ts", "const params = { key: 'secret' }"),
        ("a.py", "USER_SESSION_COOKIE_KEY: str = 'shop_session'"),
        ("a.py", "SECRET_KEY_FILE = '/etc/app/key'"),
    ],
)
def test_what_signs_nothing_is_not(path: str, text: str) -> None:
    assert GUESSABLE not in rules(path, text)


@pytest.mark.parametrize(
    "text",
    [
        "class DevelopmentConfig(Config):\n    DEBUG = True\n    SECRET_KEY = 'dev-only'",
        "if DEBUG:\n    SECRET_KEY = 'dev-only'",
    ],
)
def test_a_branch_for_development_is_a_doubt(text: str) -> None:
    assert rules("config.py", text) == ["assigned-signing"]


def test_a_random_one_with_a_space_is_a_secret_like_any_other() -> None:
    (hit,) = scan("app.py", f"app.secret_key = '{SPACED}'".encode()).hits
    assert (hit.rule, hit.confidence) == ("assigned-signing", Confidence.LIKELY)


@pytest.mark.parametrize(
    "text",
    ["jwt.sign(" * 30_000, "jwt.sign('" + "\\" * 90_000, "secret_key.secret_key" * 20_000, " jwt({" + "a," * 90_000],
)
def test_hostile_text_costs_little(text: str) -> None:
    started = time.process_time()
    scan("a.js", text.encode())
    assert time.process_time() - started < 5


def test_a_random_one_keeps_its_identity_wherever_it_stands() -> None:
    key = drawn("an", 50, 3)
    (hit,) = scan("settings.py", f"SECRET_KEY = '{key}'".encode()).hits
    assert (hit.rule, hit.confidence, hit.guessable) == ("assigned-signing", Confidence.LIKELY, False)
