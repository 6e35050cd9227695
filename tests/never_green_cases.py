"""The projects of `test_never_green`: one per check, on which it gives its best answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shipworthy.facts.secrets.identity import identity, token_hash
from shipworthy.model import OutcomeKind
from shipworthy.sources.hosts.model import HostAnswers
from tests.facts.secrets.examples import drawn
from tests.forms.filled import a_form, text
from tests.host_answers import answers


@dataclass(frozen=True, kw_only=True)
class Case:
    """Files of a project, the best outcome the check can give, and whether it runs the project's code."""

    files: Mapping[str, str]
    best: OutcomeKind = OutcomeKind.PASS
    profile: str = "solo"
    consent: bool = False
    answers: HostAnswers | None = None
    """What the code host says, where it is asked."""
    second: bool = False
    """Whether a second person has written something."""


_WORKFLOW = """\
name: ci
on:
  push:
  pull_request:
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: make test
"""
_GATED = _WORKFLOW + "  deploy:\n    needs: test\n    runs-on: ubuntu-latest\n    steps:\n      - run: fly deploy\n"
_MAKEFILE = "test:\n\tpython -m pytest -q\n"
_TEST = "from app.main import double\n\n\ndef test_double():\n    assert double(2) == 4\n"
_UNITTEST = """\
import unittest


class Sums(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(sum([1, 2]), 3)
"""
_APP = """\
import os

from fastapi import Depends, FastAPI, Header, HTTPException

API_TOKEN = os.environ["API_TOKEN"]
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


def current_user(authorization: str = Header()):
    if authorization != API_TOKEN:
        raise HTTPException(status_code=401)


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/orders", dependencies=[Depends(current_user)])
def orders():
    return []
"""
_PROTECTED = _APP.replace('@app.get("/health")', '@app.get("/about", dependencies=[Depends(current_user)])')
_DOCKERFILE = """\
FROM python:3.12-slim
COPY app /srv/app
HEALTHCHECK CMD curl --fail http://localhost:8000/health
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0"]
"""
_REQUIREMENTS = "fastapi==0.115.0\nstarlette==0.38.5\n"
_LOCK = """\
{
  "name": "shop", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
  "packages": {
    "": {"name": "shop", "version": "1.0.0", "dependencies": {"left-pad": "^1.3.0"}},
    "node_modules/left-pad": {"version": "1.3.0", "integrity": "sha512-aGVsbG8="}
  }
}
"""
_PACKAGE = '{"name": "shop", "version": "1.0.0", "private": true, "dependencies": {"left-pad": "^1.3.0"}}\n'
_DEPENDABOT = """\
version: 2
updates:
  - package-ecosystem: npm
    directory: /
    schedule: {interval: weekly}
  - package-ecosystem: github-actions
    directory: /
    schedule: {interval: weekly}
"""
_SERVED = {"app/main.py": _APP, "app/__init__.py": "", "requirements.txt": _REQUIREMENTS, "Dockerfile": _DOCKERFILE}

CASES: dict[str, Case] = {
    "ci-on-every-change": Case(files={".github/workflows/ci.yml": _WORKFLOW, "Makefile": _MAKEFILE, "a.py": "x = 1\n"}),
    "ci-runs-tests": Case(
        files={".github/workflows/ci.yml": _WORKFLOW, "Makefile": _MAKEFILE, "tests/test_app.py": _TEST}
    ),
    "ci-hardened": Case(
        files={
            ".github/workflows/ci.yml": _WORKFLOW.replace("jobs:", "permissions: {contents: read}\njobs:"),
            "a.py": "x = 1\n",
        }
    ),
    "lint-types-in-ci": Case(
        files={
            ".github/workflows/ci.yml": _WORKFLOW,
            "Makefile": "test:\n\truff check .\n\tmypy .\n",
            "a.py": "x = 1\n",
        }
    ),
    "deploy-gated": Case(files={".github/workflows/ci.yml": _GATED, "Makefile": _MAKEFILE, "tests/test_app.py": _TEST}),
    "deploy-from-pipeline": Case(
        files={".github/workflows/ci.yml": _GATED, "Makefile": _MAKEFILE, "tests/test_app.py": _TEST},
        best=OutcomeKind.NEEDS_YOU,
    ),
    "branch-protected": Case(files={".github/workflows/ci.yml": _WORKFLOW, "a.py": "x = 1\n"}, answers=answers()),
    "review-by-another-human": Case(files={"a.py": "x = 1\n"}, profile="team", answers=answers()),
    "codeowners-live": Case(
        files={".github/CODEOWNERS": "* @ada\n/app/auth/ @acme/doors\n", "app/auth/login.py": "x = 1\n"},
        profile="team",
        second=True,
    ),
    "tests-pass": Case(files={"tests/__init__.py": "", "tests/test_sums.py": _UNITTEST}, consent=True),
    "tests-not-skipped": Case(files={"tests/test_app.py": _TEST, "tests/test_sums.py": _UNITTEST}),
    "smoke-test": Case(
        files={
            ".github/workflows/ci.yml": _WORKFLOW,
            "Makefile": "test:\n\tdocker run -d app\n\tcurl -f http://localhost:8000/\n",
            "a.py": "x = 1\n",
        }
    ),
    "secrets-not-in-tree": Case(files={"app/main.py": _APP, "README.md": "# Shop\n\nA shop.\n"}),
    "env-files-ignored": Case(
        files={
            ".gitignore": ".env\n.env.*\n!.env.example\n*.pem\n*.key\n",
            ".dockerignore": ".env\n.env.*\n*.pem\n",
            ".env.example": "API_TOKEN=\n",
            **_SERVED,
        }
    ),
    "secret-store": Case(files=_SERVED, best=OutcomeKind.NEEDS_YOU),
    "secret-scan-gate": Case(files={".github/workflows/ci.yml": _WORKFLOW, "Makefile": "test:\n\tgitleaks dir .\n"}),
    "lockfile": Case(files={"package.json": _PACKAGE, "package-lock.json": _LOCK, "index.js": "require('left-pad')\n"}),
    "frozen-install": Case(
        files={
            "package.json": _PACKAGE,
            "package-lock.json": _LOCK,
            ".github/workflows/ci.yml": _WORKFLOW.replace("make test", "npm ci"),
            "Dockerfile": "FROM node:22\nCOPY . .\nRUN npm ci\n",
        }
    ),
    "known-vulns": Case(
        files={"requirements.txt": f"flask==3.0.3 --hash=sha256:{'a' * 64}\n", "app.py": "import flask\n"}
    ),
    "update-bot": Case(
        files={
            "package.json": _PACKAGE,
            "package-lock.json": _LOCK,
            ".github/dependabot.yml": _DEPENDABOT,
            ".github/workflows/ci.yml": _WORKFLOW,
            "Makefile": _MAKEFILE,
        }
    ),
    "route-inventory": Case(files=_SERVED),
    "routes-protected": Case(files={**_SERVED, "app/main.py": _PROTECTED}),
    "debug-surface-closed": Case(files=_SERVED),
    "health-check": Case(files=_SERVED),
    "config-parity": Case(files={**_SERVED, ".env.example": "API_TOKEN=\n"}),
}

_PAID_APP = {
    "app/__init__.py": "",
    "app/main.py": _APP,
    "requirements.txt": "fastapi==0.115.0\nstripe==11.0.0\npsycopg==3.2.1\n",
}
_NAMED = {
    "threat-model": ("/", "postgresql", "stripe"),
    "third-party-inventory": ("stripe",),
    "key-inventory": ("API_TOKEN",),
    "spend-alert": ("stripe",),
    "backup-restored": ("postgresql",),
    "alert-reaches-human": (),
    "rollback-rehearsed": (),
    "incident-plan": (),
}
"""Item to what its form names of the app."""
CASES |= {item: Case(files={**_PAID_APP, a_form(item).file: text(item, *names)}) for item, names in _NAMED.items()}
_PAGE = '<div id="root"></div>\n<script type="module" src="/src/main.ts"></script>\n'
_CLIENT = {
    "package.json": '{"private": true, "scripts": {"build": "vite build"}, "devDependencies": {"vite": "^6.0.0"}}\n',
    "index.html": _PAGE,
    "vite.config.ts": 'export default { define: { __VERSION__: JSON.stringify("1") } }\n',
    "tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}\n',
    "src/main.ts": 'import { call } from "@/call"\ncall()\n',
    "src/call.ts": "export const call = () => fetch(import.meta.env.VITE_API_URL)\n",
}
CASES["no-secret-in-client"] = Case(files=_CLIENT)
CASES["key-rotation"] = Case(files={**_PAID_APP, a_form("key-inventory").file: text("key-inventory", "API_TOKEN")})
_LEAKED = "sk" + "_live_" + drawn("an", 60, 31)
_ROTATED = f'fingerprint = "{identity(token_hash("stripe-live-key", _LEAKED.encode()), b"")}"\n'
CASES["secrets-not-in-history"] = Case(
    files={
        "old.py": f"k = '{_LEAKED}'\n",
        ".shipworthy/keys.toml": f'[[rotation]]\n{_ROTATED}rotated = 2026-11-21\nby = "Ada"\n',
    }
)
