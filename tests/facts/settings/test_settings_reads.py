"""Which settings code reads, in which form, and what stands in when they are absent: one table."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import NOW, make_repo

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.settings import Settings, inventory
from shipworthy.project import Project

Row = tuple[str | None, str]


def settings_of(folder: Path, files: dict[str, str]) -> Settings:
    make_repo(folder, files)
    found = FactStore(Project.open(folder), Context(now=NOW, home=folder), [Settings]).get(Settings)
    assert isinstance(found, Settings)
    return found


PYTHON: list[tuple[str, list[Row]]] = [
    ("import os\nA = os.environ['A_URL']", [("A_URL", "none")]),
    ("import os\nA = os.getenv('A_URL')", [("A_URL", "none")]),
    ("import os\nA = os.environ.get('A_URL', '')", [("A_URL", "empty")]),
    ("import os\nA = os.environ.get('A_URL', 'x-1')", [("A_URL", "text")]),
    ("import os\nA = os.getenv('A_URL') or 'http://localhost:8000'", [("A_URL", "localhost")]),
    ("import os\nA = os.getenv('A_DIR', '/home/ada/data')", [("A_DIR", "machine-path")]),
    ("import os\nA = os.getenv('A_KEY', 'change-me')", [("A_KEY", "placeholder")]),
    ("import os\nA = os.getenv('A', default=made())", [("A", "computed")]),
    ("import os\nif os.getenv('FEATURE_A') == '1':\n    pass", [("FEATURE_A", "empty")]),
    ("import os\nA = 'FEATURE_A' in os.environ", [("FEATURE_A", "empty")]),
    ("import os\nNAME = 'A_URL'\nA = os.environ[NAME]", [("A_URL", "none")]),
    ("from os import environ as e\nA = e['A_URL']\nB = e.get('B_URL', '')", [("A_URL", "none"), ("B_URL", "empty")]),
    ("from os import environ, getenv as g\nA = g('A_URL')", [("A_URL", "none")]),
    ("import os as o\nA = o.environ['A_URL']\nB = o.getenv('B_URL')", [("A_URL", "none"), ("B_URL", "none")]),
    ("import os\ne = os.environ\nA = e['A_URL']", [("A_URL", "none")]),
    ("from google.colab import userdata\nA = userdata.get('A_KEY')", [("A_KEY", "none")]),
    ("import userdata\nA = userdata.get('A_KEY')", []),
    ("import streamlit as st\nA = st.secrets['A_KEY']", [("A_KEY", "none")]),
    ("import streamlit as st\nA = st.secrets.A_KEY.strip()", [("A_KEY", "none")]),
    ("import streamlit as st\nA = st.secrets.get('A_KEY')", [("A_KEY", "empty")]),
    ("import streamlit as st\nA = st.secrets.get('A_KEY', 'x-1')", [("A_KEY", "text")]),
    ("import streamlit as st\nA = st.secrets['db']['password']", [("db.password", "empty")]),
    ("import streamlit as st\nA = st.secrets.db.password", [("db.password", "empty")]),
    ("import streamlit as st\nA = st.secrets[name()]", [(None, "empty")]),
    ("import streamlit as st\nA = dict(st.secrets.items())", []),
    ("import os\nfor n in names():\n    os.environ[n]", [(None, "none")]),
    ("import os\nos.environ['A_URL'] = 'x'", []),
    ("import os\nenv = dict(os.environ)\nrun(cmd, env=os.environ)", []),
    ("import os\nSettings(**os.environ)", [(None, "none")]),
    ("import os\nSettings(dict(os.environ))", [(None, "none")]),
    ("import os\nA = string.Template(t).substitute(os.environ)", [(None, "none")]),
    ("import os\nA = {k: v for k, v in os.environ.items() if k.startswith('X_')}", [(None, "none")]),
    ("import os\nenv = os.environ.copy()\nenv['B'] = '1'\nrun(cmd, env=env)", []),
    ("import os\ne = {**os.environ, 'B': '1'}\nA = e['A_URL']", [("A_URL", "none")]),
    ("import os\ne = dict(os.environ)\nB = e.get('B_URL', '')", [("B_URL", "empty")]),
    ("import os\nsubprocess.run(c, env={**os.environ, 'B': '1'})", []),
    ("from dynaconf import Dynaconf\nsettings = Dynaconf(envvar_prefix='X')", [(None, "none")]),
    ("app.config.from_prefixed_env()", [(None, "none")]),
    ("import typer\nA = typer.Option(envvar=['A_URL', 'B_URL'])", [("A_URL", "empty"), ("B_URL", "empty")]),
    (
        (
            "from pydantic_settings import BaseSettings\nfrom starlette.config import Config\nconfig = Config()\n"
            "class S(BaseSettings):\n    A_URL: str = config('A_URL', default='x-1')\n"
        ),
        [("A_URL", "text")],
    ),
    ("from starlette.config import Config\nconfig = Config('.env')\nA = config('A', cast=Secret)", [("A", "none")]),
    ("import os\ndef need(name):\n    return os.environ[name]\nA = need_env('B')", []),
    ("import os\ndef get_env(name):\n    return os.environ[name]\nA = get_env('A_URL')", [("A_URL", "none")]),
    (
        "import environ\nenv = environ.Env(DEBUG=(bool, False))\nA = env('A_URL')\nD = env.bool('DEBUG')",
        [("A_URL", "none"), ("DEBUG", "empty")],
    ),
    ("import environ\nenv = environ.Env()\nD = {'default': env.db()}", [("DATABASE_URL", "none")]),
    ("from environs import Env\ne = Env()\nA = e.str('A_URL', 'b')", [("A_URL", "text")]),
    (
        "from decouple import config\nA = config('A_URL', default='b')\nB = config('B_URL')",
        [("A_URL", "text"), ("B_URL", "none")],
    ),
    (
        (
            "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    a_url: str\n    b: str = 'x'\n"
            "    c: str | None = None\n    model_config = {}\n"
        ),
        [("A_URL", "none"), ("B", "text"), ("C", "empty")],
    ),
    (
        (
            "from pydantic_settings import BaseSettings, SettingsConfigDict\nfrom pydantic import Field\n"
            "class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix='SHOP_')\n"
            "    url: str = Field(...)\n"
            "    key: str = Field(validation_alias='OTHER_KEY')\n"
        ),
        [("SHOP_URL", "none"), ("OTHER_KEY", "none")],
    ),
    (
        (
            "from configurations import Configuration, values\nclass Dev(Configuration):\n"
            "    DEBUG = values.BooleanValue(False)\n    SECRET_KEY = values.SecretValue()\n"
            "    LOCAL = values.Value('x', environ=False)\n    BARE = values.Value(environ_prefix=None)\n"
            "    OWN = values.Value(environ_name='MAIL', environ_prefix='SHOP_')\n"
            "    DATABASES = values.DatabaseURLValue('sqlite:///x')\n    TITLE = 'x'\n"
        ),
        [
            ("DJANGO_DEBUG", "empty"), ("DJANGO_SECRET_KEY", "none"), ("BARE", "none"), ("SHOP_MAIL", "none"),
            ("DATABASE_URL", "address"),
        ],
    ),
    ("class Dev:\n    SECRET_KEY = values.SecretValue()\n", []),
    ("import click\n@click.option('--a', envvar='A_URL')\ndef f(a): pass", [("A_URL", "empty")]),
]  # fmt: skip

SCRIPT: list[tuple[str, list[Row]]] = [
    ("const env = loadEnv(mode, '.', '')\nconst a = { h: `x ${env.A_KEY}` }", [("A_KEY", "none")]),
    ("const { env } = process\nconst a = env.A_URL", [("A_URL", "none")]),
    ("import { env } from 'node:process'\nconst a = env.A_URL ?? ''", [("A_URL", "empty")]),
    ("const a = process.env.A_URL", [("A_URL", "none")]),
    ("const a = process.env.A_URL!", [("A_URL", "none")]),
    ("const a = process.env['A_URL']", [("A_URL", "none")]),
    ("const a = process.env.A_URL || 'b-1'", [("A_URL", "text")]),
    ("const a = process.env.A_URL ?? ''", [("A_URL", "empty")]),
    ("const a = (process.env.A_URL as string) || 'http://127.0.0.1:3000'", [("A_URL", "localhost")]),
    ("if (process.env.NODE_ENV === 'production') {}", [("NODE_ENV", "empty")]),
    ("if (!process.env.FLAG_A) {}", [("FLAG_A", "empty")]),
    ("const { A_URL, B_URL = 'x-1' } = process.env", [("A_URL", "none"), ("B_URL", "text")]),
    ("const env = process.env; use(env.A_URL)", [("A_URL", "none")]),
    ("process.env.A_URL = 'x'", []),
    ("const c = { ...process.env, b: 1 }; use(c.A_URL, c.b)", [("A_URL", "none")]),
    ("import env from 'env-var'\nconst a = env.get('A_URL').required().asString()", [("A_URL", "none")]),
    ("import * as env from 'env-var'\nenv.get('B').default('x-1').asString()", [("B", "text")]),
    ("import { env } from '$env/dynamic/private'\nconst a = env.A_URL", [("A_URL", "none")]),
    ("import { Hono } from 'hono'\napp.get('/', (c) => c.env.A_TOKEN)", [("A_TOKEN", "none")]),
    ("export default { fetch(r, env: Env, x: ExecutionContext) { return env.A_TOKEN } }", [("A_TOKEN", "none")]),
    ("const all = Deno.env.toObject()", [(None, "none")]),
    ("const a = Bun.env.A_URL", [("A_URL", "none")]),
    ("spawn('x', { env: { ...process.env } })", []),
    ("const a = process.env[name()]", [(None, "none")]),
    ("const a = import.meta.env.VITE_A; const d = import.meta.env.DEV", [("VITE_A", "none")]),
    ("const a = Deno.env.get('A_URL')", [("A_URL", "none")]),
    ("import { A_URL } from '$env/static/private'", [("A_URL", "none")]),
    ("import { A_URL } from 'astro:env/server'", [("A_URL", "none")]),
    ("export default { async fetch(req: Request, env: Env) { return go(env.A_URL) } }", [("A_URL", "none")]),
    ("export default { fetch(req, env) { return go(env.A_URL) } }", [("A_URL", "none")]),
    ("const f = (a, env) => a(env.A_URL)", []),
    ("const need = (name: string) => process.env[name]\nconst a = needEnv('B_URL')", []),
    ("function requireEnv(name: string) { return process.env[name] }\nrequireEnv('A_URL')", [("A_URL", "none")]),
    (
        (
            "const s = z.object({ A_URL: z.string(), B: z.string().default('x-1'), C: z.string().optional() })\n"
            "export const env = s.parse(process.env)"
        ),
        [("A_URL", "none"), ("B", "text"), ("C", "empty")],
    ),
    ("const env = otherSchema.parse(process.env)", [(None, "none")]),
    (
        "const s = Joi.object().keys({ A_URL: Joi.string().required() }).unknown()\ns.prefs({}).validate(process.env)",
        [("A_URL", "none")],
    ),
    (
        "const env = createEnv({ server: { A_URL: z.string() }, runtimeEnv: { A_URL: process.env.A_URL } })",
        [("A_URL", "none")],
    ),
    ("constructor(private configService: ConfigService) { this.configService.get('A_URL') }", [("A_URL", "none")]),
]  # fmt: skip

OTHERS: list[tuple[str, str, list[Row]]] = [
    ("a.ipynb", '{"cells": [{"source": ["k = os.environ[\\"A_URL\\"]\\n"]}]}', [("A_URL", "none")]),
    ("b.ipynb", '{"cells": [{"source": ["k = os.getenv(\'A_URL\')"]}]}', [("A_URL", "none")]),
    ("main.go", 'x := os.Getenv("A_URL")', [("A_URL", "none")]),
    ("a.rb", "ENV.fetch('A_URL', 'b-1')", [("A_URL", "text")]),
    ("a.php", "env('A_URL')", [("A_URL", "none")]),
    ("A.java", 'System.getenv("A_URL")', [("A_URL", "none")]),
    ("a.rs", 'std::env::var("A_URL")', [("A_URL", "none")]),
    ("A.vue", "<script>const a = import.meta.env.VITE_A</script>", [("VITE_A", "none")]),
    ("B.kt", '@Value("\\${A_URL:b-1}") val a: String', [("A_URL", "text")]),
    ("B.java", '@Value("${A_URL}")', [("A_URL", "none")]),
    ("b.go", 'type C struct {\n  A string `env:"A_URL,required" envDefault:"b-1"`\n}', [("A_URL", "text")]),
    ("c.go", 'const key = "A_URL"\nx := os.Getenv(key)', [("A_URL", "none")]),
    (
        "d.go",
        'func getEnv(k string) string { return os.Getenv(k) }\nx := getEnv("A_URL", "b-1")',
        [("A_URL", "text")],
    ),
    ("C.java", '@Value("${db.password}")', [("DB_PASSWORD", "empty")]),
    ("a.cs", 'var a = Configuration["Mail:ApiKey"];', [("Mail__ApiKey", "empty")]),
    ("b.cs", 'c.GetConnectionString("Shop");', [("ConnectionStrings__Shop", "empty")]),
    ("a.swift", 'ProcessInfo.processInfo.environment["A_URL"]', [("A_URL", "none")]),
    ("a.dart", "Platform.environment['A_URL']", [("A_URL", "none")]),
    ("a.c", 'char *a = getenv("A_URL");', [("A_URL", "none")]),
    ("a.pl", "my $a = $ENV{A_URL};", [("A_URL", "none")]),
    ("a.clj", '(System/getenv "A_URL") (env :b-url)', [("A_URL", "none"), ("B_URL", "none")]),
    ("broken.ts", "const a = process.env.A_URL; }}} function (", [("A_URL", "none")]),
]


def rows(settings: Settings) -> list[Row]:
    return sorted(((read.name, str(read.default)) for read in settings.reads), key=str)


@pytest.mark.parametrize(("code", "expected"), PYTHON)
def test_python(tmp_path: Path, code: str, expected: list[Row]) -> None:
    assert rows(settings_of(tmp_path / "p", {"app.py": code + "\n"})) == sorted(expected, key=str)


@pytest.mark.parametrize(("code", "expected"), SCRIPT)
def test_typescript(tmp_path: Path, code: str, expected: list[Row]) -> None:
    assert rows(settings_of(tmp_path / "p", {"src/app.ts": code + "\n"})) == sorted(expected, key=str)


@pytest.mark.parametrize(("path", "code", "expected"), OTHERS)
def test_by_text(tmp_path: Path, path: str, code: str, expected: list[Row]) -> None:
    found = rows(settings_of(tmp_path / "p", {path: code + "\n"}))
    assert [row for row in found if row[0] is not None] == sorted(expected, key=str)


def test_a_computed_name_of_a_language_read_by_text(tmp_path: Path) -> None:
    found = settings_of(tmp_path / "p", {"a.go": "x := os.Getenv(names[0])\ny := os.Getenv(n)\n"})
    assert rows(found) == [(None, "none")] * 2


def test_a_language_that_is_not_read_is_a_gap(tmp_path: Path) -> None:
    found = settings_of(tmp_path / "p", {"app.py": "", "src/Main.hs": "main = getEnv", "tests/A.jl": ""})
    assert [(gap.subject, gap.path) for gap in found.gaps] == [("Haskell", None)]


def test_the_loader_that_yarn_writes_is_not_the_app(tmp_path: Path) -> None:
    assert settings_of(tmp_path / "p", {".pnp.cjs": "process.env.PNP_DEBUG_LEVEL; process.env[a()]"}).reads == ()


@pytest.mark.parametrize("path", ["scripts/a.py", "tools/a.py", "tests/a.py", "run_tests.py", "noxfile.py"])
def test_the_whole_environment_of_tooling_is_no_question(tmp_path: Path, path: str) -> None:
    assert settings_of(tmp_path / "p", {path: "import os\nmain(os.environ)\n"}).own_reads() == ()


def test_a_wrapper_in_another_file_is_followed(tmp_path: Path) -> None:
    found = settings_of(
        tmp_path / "p",
        {
            "env.ts": "export function getEnv(name: string) { return process.env[name] ?? '' }\n",
            "app.ts": "import { getEnv } from './env'\ngetEnv('A_URL')\n",
        },
    )
    assert [(read.name, read.location.path) for read in found.reads] == [("A_URL", "app.ts")]


def test_tests_and_tools_are_not_the_app(tmp_path: Path) -> None:
    code = "import os\nA = os.environ['A_URL']\n"
    found = settings_of(
        tmp_path / "p", {"tests/test_a.py": code, "docs/conf.py": code, "vitest.config.ts": "process.env.B"}
    )
    assert found.own_reads() == ()
    assert len(found.reads) == 3


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        (".env.example", "A_URL=\n", "example"),
        ("backend/.env.sample", "A_URL=\n", "example"),
        ("example.env", "A_URL=\n", "example"),
        (".env", "A_URL=x\n", "env-file"),
        ("compose.yaml", "services:\n  web:\n    environment:\n      A_URL: x\n", "compose"),
        ("docker-compose.prod.yml", "services:\n  web:\n    environment:\n      - A_URL=${A_URL}\n", "compose"),
        ("Dockerfile", "FROM x\nENV A_URL=b\n", "docker"),
        (".github/workflows/ci.yml", "env:\n  A_URL: x\n", "ci"),
        ("render.yaml", "envVars:\n  - key: A_URL\n    sync: false\n", "platform"),
        ("k8s/app.yaml", "env:\n  - name: A_URL\n", "kubernetes"),
        ("main.tf", 'environment = { A_URL = "x" }\n', "terraform"),
        ("README.md", "| `A_URL` | where it is |\n", "docs"),
    ],
)
def test_what_lists_a_setting(tmp_path: Path, path: str, text: str, kind: str) -> None:
    found = settings_of(tmp_path / "p", {"app.py": "import os\nos.environ['A_URL']\n", path: text})
    assert found.listed_in("A_URL") == (path,)
    assert [str(listing.kind) for listing in found.listings] == [kind]


def test_values_of_env_files_are_not_kept(tmp_path: Path) -> None:
    found = settings_of(
        tmp_path / "p", {".env.production": "DB_PASSWORD=hunter2hunter\n#OLD=1\nA=http://localhost:1\n"}
    )
    (listing,) = found.listings
    assert [(row.name, row.line, str(row.default), row.secret) for row in listing.assignments] == [
        ("DB_PASSWORD", 1, "text", True),
        ("A", 3, "localhost", False),
    ]
    assert "hunter2" not in repr(found)


def test_stores_and_loaders(tmp_path: Path) -> None:
    found = settings_of(
        tmp_path / "p",
        {
            "a.py": "from dotenv import load_dotenv\nload_dotenv()\nimport keyring\nkeyring.get_password('a', 'b')\n",
            ".github/workflows/ci.yml": "env:\n  A: ${{ secrets.A }}\n",
        },
    )
    assert [(use.kind, use.build_only) for use in found.stores] == [
        ("the system keyring", False),
        ("GitHub Actions secret", True),
    ]
    assert [str(place) for place in found.loads_env_files] == ["a.py:2"]


def test_the_inventory_has_one_row_a_read(tmp_path: Path) -> None:
    found = settings_of(tmp_path / "p", {"a.py": "import os\nos.environ['API_KEY']\n", ".env.example": "API_KEY=\n"})
    assert inventory(found) == [
        {
            "name": "API_KEY", "file": "a.py", "line": 2, "how": "os.environ[]", "default": "none", "required": True,
            "secret": True, "test": False, "listed": [".env.example"], "stores": [],
        }
    ]  # fmt: skip
