"""Each maker: a repository that fails the item, the fix, the item judged again, and everything else as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn
from tests.fixes.fixing import applied, changed, contents, fix_of, refusal, state
from tests.support import make_repo, outcome_of, write

from shipworthy.fixes.propose import shown
from shipworthy.fixes.undo import undo
from shipworthy.model import OutcomeKind

LIVE = "sk" + "_live_" + drawn("an", 60, 11)
PASSWORD = drawn("pw", 12, 11)
READS = 'import os\nKEY = os.environ["API_KEY"]\nDB = os.environ["DATABASE_URL"]\n'
FASTAPI = "fastapi==0.115.0\nuvicorn==0.30.6\n"
HEALTH = (
    "from fastapi import FastAPI\napp = FastAPI()\n\n\n@app.get('/health')\ndef health():\n    return {'ok': True}\n"
    "\n\n@app.get('/items')\ndef items():\n    return []\n"
)
IMAGE = "FROM python:3.12-slim\nCOPY app.py .\n# How it starts\nCMD ['uvicorn', 'app:app', '--port', '8000']\n".replace(
    "'", '"'
)
FLASK = (
    "from flask import Flask\napp = Flask(__name__)\n\n\n@app.get('/')\ndef home():\n    return 'hi'\n\n\n"
    "if __name__ == '__main__':\n\tapp.run(\n\t\tDEBUG,  # for now\n\t)\n"
)
NODE_TEST = '{"name":"a","private":true,"scripts":{"test":"vitest run"},"devDependencies":{"vitest":"1.0.0"}}\n'
STREAMLIT = "import streamlit as st\nKEY = st.secrets['API_KEY']\n"
VITEST = "import { it, expect } from 'vitest'\nit('adds', () => { expect(1 + 1).toBe(2) })\n"

CASES: list[tuple[str, str, dict[str, str | bytes], str, dict[str, str | bytes]]] = [
    (
        "ignored-appends", "env-files-ignored", {"a.py": READS, ".gitignore": "*.log\n"},
        "pass", {".gitignore": "*.log\n.env\n"},
    ),
    ("ignored-makes", "env-files-ignored", {"a.py": READS}, "pass", {".gitignore": ".env\n"}),
    (
        "ignored-crlf", "env-files-ignored", {"a.py": READS, ".gitignore": b"*.log\r\n# mine\r\n"},
        "pass", {".gitignore": b"*.log\r\n# mine\r\n.env\r\n"},
    ),
    ("unended", "env-files-ignored", {"a.py": READS, ".gitignore": b"*.log"}, "pass", {".gitignore": b"*.log\n.env"}),
    (
        "ignored-image", "env-files-ignored",
        {"a.py": READS, ".gitignore": ".env\n", "Dockerfile": "FROM python:3.12\nCOPY . .\n"},
        "pass", {".dockerignore": "**/.env\n**/.env.*\n!**/.env.example\n"},
    ),
    (
        "ignored-image-others", "env-files-ignored",
        {"a.py": STREAMLIT, ".gitignore": ".env\nsecrets.toml\n", "Dockerfile": "FROM python:3.12\nCOPY . .\n"},
        "pass", {".dockerignore": "**/.env\n**/.env.*\n!**/.env.example\n**/secrets.toml\n"},
    ),
    (
        "ignored-image-extends", "env-files-ignored",
        {"a.py": READS, ".gitignore": ".env\n", "Dockerfile": "FROM python:3.12\nCOPY . .\n", ".dockerignore": "*.md"},
        "pass", {".dockerignore": "*.md\n**/.env\n**/.env.*\n!**/.env.example"},
    ),
    (
        "ignored-upload", "env-files-ignored",
        {"a.py": READS, ".gitignore": ".env\n", ".gcloudignore": ".git\n"},
        "pass", {".gcloudignore": ".git\n.env\n"},
    ),
    (
        "ignored-package", "env-files-ignored",
        {
            "a.py": READS, ".gitignore": ".env\n", ".npmignore": "docs\n",
            "package.json": '{"name": "a", "version": "1.0.0"}',
        },
        "pass", {".npmignore": "docs\n.env\n.env.*\n!.env.example\n"},
    ),
    (
        "ignored-state", "env-files-ignored", {"main.tf": 'provider "aws" {\n}\n', ".gitignore": "*.log\n"},
        "pass", {".gitignore": "*.log\nterraform.tfstate\n"},
    ),
    (
        "parity-makes", "config-parity", {"a.py": READS}, "pass",
        {
            ".env.example": "# Every setting the app reads. Copy this to .env, fill it in, and never commit that.\n"
            "API_KEY=\nDATABASE_URL=\n"
        },
    ),
    (
        "parity-extends-crlf", "config-parity", {"a.py": READS, ".env.example": b"# Keep me\r\nDATABASE_URL=\r\n"},
        "pass",
        {".env.example": b"# Keep me\r\nDATABASE_URL=\r\nAPI_KEY=\r\n"},
    ),
    (
        "bot-makes", "update-bot", {"requirements.txt": FASTAPI, "web/package.json": NODE_TEST}, "pass",
        {
            ".github/dependabot.yml": "version: 2\nupdates:\n"
            '  - package-ecosystem: npm\n    directory: "/web"\n    schedule:\n      interval: weekly\n'
            '  - package-ecosystem: pip\n    directory: "/"\n    schedule:\n      interval: weekly\n'
        },
    ),
    (
        "bot-extends", "update-bot",
        {
            "requirements.txt": FASTAPI, "package.json": NODE_TEST,
            ".github/dependabot.yml": "# ours\nversion: 2\nupdates:\n- package-ecosystem: npm\n  directory: /\n"
            "  schedule: {interval: daily} # keep\n",
        },
        "pass",
        {
            ".github/dependabot.yml": "# ours\nversion: 2\nupdates:\n- package-ecosystem: npm\n  directory: /\n"
            "  schedule: {interval: daily} # keep\n- package-ecosystem: pip\n  directory: \"/\"\n  schedule:\n"
            "    interval: weekly\n"
        },
    ),
    (
        "debug-run", "debug-surface-closed",
        {"requirements.txt": "flask==3.0.0\n", "app.py": FLASK.replace("DEBUG", "debug=True")},
        "pass",
        {"app.py": FLASK.replace("DEBUG", "debug=False")},
    ),
    (
        "debug-fastapi", "debug-surface-closed",
        {"requirements.txt": FASTAPI, "app.py": HEALTH.replace("FastAPI()", "FastAPI(debug=True)")}, "pass",
        {"app.py": HEALTH.replace("FastAPI()", "FastAPI(debug=False)")},
    ),
    (
        "reload-list", "debug-surface-closed",
        {"requirements.txt": FASTAPI, "app.py": HEALTH, "Dockerfile": IMAGE.replace('"8000"]', '"8000", "--reload"]')},
        "pass", {"Dockerfile": IMAGE},
    ),
    (
        "reload-first", "debug-surface-closed",
        {"requirements.txt": FASTAPI, "app.py": HEALTH,
         "Dockerfile": IMAGE.replace('"app:app"', '"--reload", "app:app"')},
        "pass", {"Dockerfile": IMAGE},
    ),
    (
        "reload-line", "debug-surface-closed",
        {"requirements.txt": FASTAPI, "app.py": HEALTH, "Procfile": b"web: uvicorn app:app --reload --port $PORT\r\n"},
        "pass", {"Procfile": b"web: uvicorn app:app --port $PORT\r\n"},
    ),
    (
        "reload-continued", "debug-surface-closed",
        {"requirements.txt": FASTAPI, "app.py": HEALTH, "Dockerfile":
         "FROM python:3.12\nCMD uvicorn app:app \\\n    --host 0.0.0.0 \\\n    --port 80 --reload\n"},
        "pass",
        {"Dockerfile": "FROM python:3.12\nCMD uvicorn app:app \\\n    --host 0.0.0.0 \\\n    --port 80\n"},
    ),
    (
        "health-python", "health-check", {"requirements.txt": FASTAPI, "app.py": HEALTH, "Dockerfile": IMAGE}, "pass",
        {
            "Dockerfile": IMAGE.replace(
                "# How", "HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \\\n"
                "  CMD [\"python\", \"-c\", \"import urllib.request as r; "
                "r.urlopen('http://127.0.0.1:8000/health', timeout=4)\"]\n# How",
            )
        },
    ),
    (
        "health-crlf-expose", "health-check",
        {"requirements.txt": FASTAPI, "app.py": HEALTH,
         "Dockerfile": b"FROM python:3.12 AS base\r\nFROM base\r\nEXPOSE 9000/tcp\r\nCMD uvicorn app:app"},
        "pass",
        {"Dockerfile": b"FROM python:3.12 AS base\r\nFROM base\r\nEXPOSE 9000/tcp\r\n"
         b"HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \\\r\n"
         b"  CMD [\"python\", \"-c\", \"import urllib.request as r; "
         b"r.urlopen('http://127.0.0.1:9000/health', timeout=4)\"]\r\nCMD uvicorn app:app"},
    ),
    (
        "secret-python", "secrets-not-in-tree", {"app/conf.py": f'"""Settings."""\nSTRIPE_KEY = "{LIVE}"  # live\n'},
        "pass",
        {"app/conf.py": '"""Settings."""\n\nimport os\nSTRIPE_KEY = os.environ["STRIPE_KEY"]  # live\n'},
    ),
    (
        "secret-python-imports", "secrets-not-in-tree",
        {"conf.py": f"#!/bin/python\nfrom __future__ import annotations\nimport sys\n\nstripe_key = '{LIVE}'\n"},
        "pass",
        {"conf.py": "#!/bin/python\nfrom __future__ import annotations\nimport os\nimport sys\n\n"
         'stripe_key = os.environ["STRIPE_KEY"]\n'},
    ),
    (
        "secret-python-crlf-class", "secrets-not-in-tree",
        {"conf.py": f"import os\r\n\r\n\r\nclass C:\r\n\tKEY: str = '{LIVE}'".encode()}, "pass",
        {"conf.py": b"import os\r\n\r\n\r\nclass C:\r\n\tKEY: str = os.environ[\"KEY\"]"},
    ),
    (
        "secret-python-bare", "secrets-not-in-tree", {"conf.py": f"API_TOKEN = '{LIVE}'"}, "pass",
        {"conf.py": 'import os\n\nAPI_TOKEN = os.environ["API_TOKEN"]'},
    ),
    (
        "secret-js", "secrets-not-in-tree", {"server.js": f"export const stripeKey = '{LIVE}';\n"}, "pass",
        {"server.js": "export const stripeKey = process.env.STRIPE_KEY;\n"},
    ),
    (
        "secret-ts", "secrets-not-in-tree", {"src/conf.ts": f"const key: string = `{LIVE}`\n"}, "pass",
        {"src/conf.ts": "const key: string = process.env.KEY as string\n"},
    ),
    (
        "store-default", "secret-store",
        {"conf.py": f"import os\nSECRET_KEY = os.environ.get('SECRET_KEY', '{PASSWORD}')\n"}, "needs-you",
        {"conf.py": 'import os\nSECRET_KEY = os.environ["SECRET_KEY"]\n'},
    ),
    (
        "store-or", "secret-store",
        {"conf.py": f"import os\nSECRET_KEY = os.environ.get('SECRET_KEY') or '{PASSWORD}'\n"}, "needs-you",
        {"conf.py": 'import os\nSECRET_KEY = os.environ["SECRET_KEY"]\n'},
    ),
    (
        "store-pydantic", "secret-store",
        {"conf.py": "from pydantic_settings import BaseSettings\n\n\nclass Config(BaseSettings):\n"
         f"    JWT_SECRET_KEY: str = '{PASSWORD}'  # why\n    PORT: int = 80\n"}, "needs-you",
        {"conf.py": "from pydantic_settings import BaseSettings\n\n\nclass Config(BaseSettings):\n"
         "    JWT_SECRET_KEY: str  # why\n    PORT: int = 80\n"},
    ),
    (
        "store-flask", "secret-store",
        {"app.py": f"from flask import Flask\napp = Flask(__name__)\napp.secret_key = '{LIVE}'\n"}, "needs-you",
        {"app.py": "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
         'app.secret_key = os.environ["SECRET_KEY"]\n'},
    ),
    (
        "secret-subscript", "secrets-not-in-tree",
        {"app.py": f"import os\nCONFIG = {{}}\nCONFIG['STRIPE_KEY'] = '{LIVE}'\n"}, "pass",
        {"app.py": "import os\nCONFIG = {}\nCONFIG['STRIPE_KEY'] = os.environ[\"STRIPE_KEY\"]\n"},
    ),
    (
        "store-default-js", "secret-store",
        {"conf.js": f"const secret = process.env.JWT_SECRET || '{PASSWORD}'\n"}, "needs-you",
        {"conf.js": "const secret = process.env.JWT_SECRET\n"},
    ),
    (
        "store-guessable", "secret-store",
        {"requirements.txt": "flask==3.0.0\n", "app.py": "import os\nSECRET_KEY = 'changeme'\n"}, "needs-you",
        {"app.py": 'import os\nSECRET_KEY = os.environ["SECRET_KEY"]\n'},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "files", "kind", "expected"), [row[1:] for row in CASES], ids=[row[0] for row in CASES]
)
def test_fixes(
    tmp_path: Path, name: str, files: dict[str, str | bytes], kind: str, expected: dict[str, str | bytes]
) -> None:
    root = make_repo(tmp_path / "app", files)
    before = contents(root)
    assert outcome_of(name, root).kind in (OutcomeKind.FAIL, OutcomeKind.NEEDS_YOU, OutcomeKind.UNKNOWN)
    _, outcome = applied(name, root)
    wanted = {path: each if isinstance(each, bytes) else each.encode() for path, each in expected.items()}
    assert {path: new for path, (_, new) in changed(before, root).items()} == wanted
    assert outcome.kind == kind, (outcome.summary, [each.message for each in outcome.findings])
    undo(root, state(root))
    left = changed(before, root)
    assert not left or (name in ("secrets-not-in-tree", "secret-store") and set(left) == set(wanted))


@pytest.mark.parametrize("name", [pytest.param("ci-on-every-change", marks=pytest.mark.long), "ci-runs-tests"])
@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "pytest==8.3.2\n", "tests/test_a.py": "def test_a():\n    assert 1 + 1 == 2\n"},
        {"pyproject.toml": "[project]\nname='a'\nversion='1'\nrequires-python='>=3.11'\n"
         "[project.optional-dependencies]\ndev=['pytest']\n", "tests/test_a.py": "def test_a():\n    assert 1\n"},
        {"poetry.lock": "", "pyproject.toml": "[tool.poetry]\nname='a'\n",
         "tests/test_a.py": "def test_a():\n    assert 1\n"},
        {"uv.lock": "version = 1\n", "pyproject.toml": "[project]\nname='a'\nversion='1'\n[dependency-groups]\n"
         "dev=['pytest']\n", "tests/test_a.py": "def test_a():\n    assert 1\n"},
        {"tests/test_a.py": "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_a(self):\n"
         "        self.assertEqual(1, 1)\n"},
        {"package.json": NODE_TEST, "package-lock.json": "{}", "a.test.js": VITEST},
        {"package.json": NODE_TEST, "yarn.lock": "", "a.test.js": VITEST},
        {"package.json": NODE_TEST, "pnpm-lock.yaml": "", "a.test.js": VITEST},
        {"web/package.json": NODE_TEST, "web/a.test.js": VITEST,
         "api/requirements.txt": "pytest==8.3.2\n", "api/tests/test_a.py": "def test_a():\n    assert 1\n"},
    ],
    ids=["pip", "project", "poetry", "uv", "unittest", "npm", "yarn", "pnpm", "two-folders"],
)  # fmt: skip
def test_a_first_workflow(tmp_path: Path, name: str, files: dict[str, str]) -> None:
    root = make_repo(tmp_path / "app", files)
    before = contents(root)
    _, outcome = applied(name, root)
    assert list(changed(before, root)) == [".github/workflows/tests.yml"]
    for each in ("ci-on-every-change", "ci-runs-tests"):
        again = outcome_of(each, root)
        assert again.kind is OutcomeKind.PASS, (again.summary, (root / ".github/workflows/tests.yml").read_text())
    assert outcome.kind is OutcomeKind.PASS
    text = (root / ".github/workflows/tests.yml").read_text()
    assert "permissions:\n  contents: read\n" in text
    assert all(
        "@" in line and len(line.split("@")[1].split()[0]) == 40 for line in text.splitlines() if "uses:" in line
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"urllib3==2.0.4\nidna==3.8\n", b"urllib3==2.0.7\nidna==3.8\n"),
        (b"idna==3.8\r\nurllib3 == 2.0.4 ; python_version > '3'  # why\r\n",
         b"idna==3.8\r\nurllib3 == 2.0.7 ; python_version > '3'  # why\r\n"),
        (b"idna==3.8\nurllib3[socks]==2.0.4", b"idna==3.8\nurllib3[socks]==2.0.7"),
    ],
)  # fmt: skip
def test_a_pin_is_raised(tmp_path: Path, old: bytes, new: bytes) -> None:
    root = make_repo(tmp_path / "app", {"requirements.txt": old, "a.py": "import urllib3\n"})
    _, outcome = applied("known-vulns", root)
    assert (root / "requirements.txt").read_bytes() == new
    assert not any("urllib3" in each.message and each.rule.startswith("vuln") for each in outcome.findings)
    assert outcome.kind is not OutcomeKind.FAIL


@pytest.mark.parametrize(
    ("name", "files", "why"),
    [
        ("lockfile", {"requirements.txt": "flask\n"}, "package manager"),
        ("tests-not-skipped", {"tests/test_a.py": "import pytest\n@pytest.mark.skip\ndef test_a():\n    assert 1\n"},
         "person"),
        ("config-parity", {"a.py": "X = 1\n"}, "nothing is open"),
        ("known-vulns", {"requirements.txt": "flask==0.12.2\n"}, "another major version"),
        ("secret-store", {"a.py": "import os\nX = os.getenv('API_SECRET') or 'https://x.example/a'\n"},
         "an address without"),
        ("secret-store", {"a.py": f"import os\n\n\nclass TestConfig:\n    SECRET_KEY = '{PASSWORD}'\n"}, "tests or"),
        ("ci-runs-tests", {"src/requirements.txt": "flask\n", "tests/test_a.py": "def test_a():\n    assert 1\n"},
         "which Python and packages"),
        ("secrets-not-in-tree", {"a.py": f"import openai\nopenai.api_key = '{LIVE}'\n"}, "no plain assignment"),
        ("ci-runs-tests", {"Dockerfile": "FROM python:3.6\n", "tests/test_a.py": "def test_a():\n    assert 1\n"},
         "pytest (tests/test_a.py): which Python"),
        ("known-vulns", {"requirements.in": "urllib3\n", "requirements.txt": "urllib3==2.0.4\n"}, "by a tool"),
        ("known-vulns", {"requirements.txt": "urllib3>=2.0.4,<2.0.5\n"}, "is a range"),
        ("ci-runs-tests", {".gitlab-ci.yml": "test:\n  script: [make]\n", "a.py": "x = 1\n"}, "a pipeline already"),
        ("ci-runs-tests", {"a.py": "x = 1\n"}, "write a test first"),
        ("update-bot", {"renovate.json": '{"enabledManagers": ["npm"]}', "requirements.txt": FASTAPI}, "renovate"),
        ("health-check", {"requirements.txt": FASTAPI, "app.py": HEALTH}, "no Dockerfile"),
        ("health-check", {"requirements.txt": FASTAPI, "app.py": HEALTH,
                          "Dockerfile": "FROM python:3.12\nCMD uvicorn app:app\n"}, "port"),
        ("debug-surface-closed", {"requirements.txt": FASTAPI, "app.py": HEALTH, "docker-compose.yml":
                                  "services:\n  web:\n    build: .\n    command: uvicorn app:app --reload\n"},
         "development"),
        ("secrets-not-in-tree", {"a.py": f"client = Client(api_key='{LIVE}')\n"}, "no plain assignment"),
        ("secrets-not-in-tree", {"a.py": f"url = 'x' + '{LIVE}'\n"}, "no plain assignment"),
        ("secrets-not-in-tree", {"a.py": f"def f(os):\n    return os\n\n\nKEY = '{LIVE}'\n"}, "os"),
        ("secrets-not-in-tree", {"a.py": f"KEY = '{LIVE}\n"}, "syntax error"),
        ("secrets-not-in-tree", {"web/App.jsx": f"const key = '{LIVE}'\n"}, "browser"),
        ("secrets-not-in-tree", {"config.yml": f"key: {LIVE}\n"}, "no Python"),
        ("secrets-not-in-tree", {".env": f"STRIPE_KEY={LIVE}\n"}, "env file"),
        ("env-files-ignored", {".gitignore": ".env\n!.env\n", "a.py": READS}, "on purpose"),
    ],
)  # fmt: skip
def test_left_to_a_person(tmp_path: Path, name: str, files: dict[str, str], why: str) -> None:
    root = make_repo(tmp_path / "app", files)
    before = contents(root)
    assert why in refusal(name, root)
    assert changed(before, root) == {}


def test_no_secret_is_shown_kept_or_said(tmp_path: Path) -> None:
    files = {"conf.py": f"STRIPE_KEY = '{LIVE}'\nDB_PASSWORD = '{PASSWORD}'\nx = 1\n"}
    root = make_repo(tmp_path / "app", files)
    fix = fix_of("secrets-not-in-tree", root)
    told = "\n".join([*shown(fix, root), fix.says, *fix.notes, repr(fix)])
    applied("secrets-not-in-tree", root)
    kept = b"".join(each.read_bytes() for each in state(root).rglob("*") if each.is_file())
    for secret in (LIVE, PASSWORD):
        assert secret not in told
        assert secret.encode() not in kept
        assert secret not in (root / "conf.py").read_text()
    done = undo(root, state(root))
    assert (root / "conf.py").read_text() == "STRIPE_KEY = ''\nDB_PASSWORD = ''\nx = 1\n"
    assert done.notes == tuple(
        f"conf.py:{line} is empty now: the secret that stood there was not kept." for line in (1, 2)
    )


def test_a_committed_env_file_needs_a_command(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {".env": f"API_KEY={LIVE}\n", "a.py": READS})
    fix, outcome = applied("env-files-ignored", root)
    assert any("git rm --cached -- .env" in note for note in fix.notes)
    assert [each.rule for each in outcome.findings if each.rule == "env-file-not-ignored"] == []
    assert (root / ".env").read_text() == f"API_KEY={LIVE}\n"


@pytest.mark.parametrize("place", ["no git", "a folder of the repository"])
def test_wherever_the_project_lies(tmp_path: Path, place: str) -> None:
    if place == "no git":
        root = write(tmp_path / "app", {"a.py": READS})
    else:
        root = make_repo(tmp_path / "all", {"app/a.py": READS, "b.py": "x = 1\n"}) / "app"
    before = contents(root)
    _, outcome = applied("config-parity", root)
    assert outcome.kind is OutcomeKind.PASS
    assert list(changed(before, root)) == [".env.example"]
    undo(root, state(root))
    assert changed(before, root) == {}


def test_many_places_are_a_few_at_a_time(tmp_path: Path) -> None:
    tokens = [f"K{number} = '{'sk' + '_live_' + drawn('an', 60, 100 + number)}'\n" for number in range(60)]
    root = make_repo(tmp_path / "app", {"a.py": "import os\n" + "".join(tokens)})
    fix, _ = applied("secrets-not-in-tree", root)
    assert any("more than 50 places" in note for note in fix.notes)
    again, outcome = applied("secrets-not-in-tree", root)
    assert outcome.kind is OutcomeKind.PASS
    assert len(again.edits) == 1
