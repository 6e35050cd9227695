"""A repository with a secret in every place one is found in practice; each is made when the tests run."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.facts.secrets.examples import drawn, example
from tests.forms.filled import complete
from tests.support import git, make_repo, write

from shipworthy.facts.forms import Form, forms
from shipworthy.facts.secrets.rules import load
from shipworthy.forms.store import rendered

SHORT_KIND = "pw"


@dataclass(slots=True)
class Planted:
    """What was planted: where -> the part of it that nobody may see, one row for each line of a key."""

    values: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def token(self, where: str, kind: str = "an", size: int = 40, prefix: str = "") -> str:
        """A new secret of `size` characters of an alphabet of `examples`, after a prefix that anybody may see."""
        value = drawn(kind, size, 5_000 + len(self.values))
        assert where not in self.values, where
        self.values[where] = (value,)
        return prefix + value

    def password(self, where: str, size: int = 20) -> str:
        return self.token(where, SHORT_KIND, size)

    def stripe(self, where: str) -> str:
        return self.token(where, "an", 24, "sk_" + "live_")

    def github(self, where: str) -> str:
        return self.token(where, "crc", 36, "gh" + "p_")

    def jwt(self, where: str) -> str:
        head, body = ({"alg": "HS256", "typ": "JWT"}, {"role": "service_role", "ref": drawn("lo", 20, 3)})
        parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in (head, body)]
        return ".".join([*parts, self.token(where, "an", 43)])

    def pem(self, where: str, label: str = "RSA PRIVATE") -> str:
        lines = [drawn("b64", 64, 9_000 + 50 * len(self.values) + number) for number in range(12)]
        self.values[where] = tuple(lines)
        return "\n".join([f"-----BEGIN {label} " + "KEY-----", *lines, f"-----END {label} " + "KEY-----", ""])

    def by_rule(self, rule: str) -> str:
        """An example of one of the scanner's own rules, as a line; all of it but the rule's fixed parts is secret."""
        found = load().by_id[rule]
        text = example(found, seed=700 + len(self.values))
        value = found.compiled.search(f"{text}\n".encode())
        assert value is not None, rule
        held = value["value"] if "value" in found.compiled.groupindex else value[0]
        mark = max((len(each) for each in found.keywords if text.startswith(each)), default=0)
        self.values[f"rule {rule}"] = (held.decode()[mark:],)
        return text


RULES = (
    *("openai-key", "anthropic-key", "gitlab-token", "slack-token", "sendgrid-key", "twilio-key", "npm-token"),
    *("huggingface-token", "digitalocean-token", "shopify-token", "runpod-key", "mem0-key", "browserbase-key"),
)


def _code(p: Planted) -> dict[str, str | bytes]:
    known = load().by_id
    by_rule = "".join(f'K{number} = "{p.by_rule(rule)}"\n' for number, rule in enumerate(RULES) if rule in known)
    half = p.token("python, put together of two", "an", 48)
    return {
        "app/__init__.py": "",
        "app/settings.py": "import os\n"
        f'STRIPE_KEY = "{p.stripe("python")}"\n'
        f'DB_PASSWORD = "{p.password("python, password")}"\n'
        f'DATABASE_URL = "postgres://shop:{p.token("url password", "an", 22)}@db.example/shop"\n'
        f'SECRET_KEY = os.environ.get("SECRET_KEY", "{p.password("environment default", 32)}")\n'
        f'API_TOKEN = os.getenv("API_TOKEN") or "{p.token("environment default, or", "an", 32)}"\n'
        f'SUPABASE_KEY = "{p.jwt("jwt")}"\n'
        f'LONG_TOKEN = (\n    "{half[:24]}"\n    "{half[24:]}"\n)\n'
        f'SERVICE_KEY = """{p.pem("pem in python", "PRIVATE")}"""\n{by_rule}',
        "app/main.py": "import os\nfrom fastapi import FastAPI\n\nfrom app import settings\n\n"
        "app = FastAPI(debug=True)\n"
        f"# the old one: {p.github('comment')}\n\n\n"
        f'@app.get("/hooks/{p.token("route path", "an", 32)}")\ndef hook() -> dict:\n    return {{}}\n\n\n'
        f'@app.post("/orders")\ndef order(token: str = "{p.token("argument default", "an", 32)}") -> dict:\n'
        f'    os.system("curl -u shop:{p.token("command line", "an", 24)} https://pay.example/charge")\n'
        f'    raise ValueError("bad token {p.stripe("exception text")}")\n',
        "web/src/config.ts": "export const key = process.env.PAY_KEY || "
        f'"{p.stripe("typescript default")}";\n'
        f'export const client = createClient("https://a.example", "{p.jwt("jwt in typescript")}");\n'
        f'fetch("/api", {{ headers: {{ Authorization: "Bearer {p.token("bearer", "an", 40)}" }} }});\n',
        "web/src/page.tsx": '"use client";\nexport default function Page() {\n'
        f'  const secret = process.env.NEXT_PUBLIC_STRIPE_SECRET_KEY ?? "{p.stripe("client code")}";\n'
        "  return <p>{secret}</p>;\n}\n",
        "web/dist/app.js": f'var a={{k:"{p.stripe("bundle")}"}};\n//# sourceMappingURL=app.js.map\n',
        "web/dist/app.js.map": json.dumps(
            {"version": 3, "sources": ["a.ts"], "sourcesContent": [f'const k = "{p.stripe("source map")}"']}
        ),
        "server/Main.java": f'class Main {{ String apiKey = "{p.github("java")}"; }}\n',
        "server/main.go": f'package main\n\nvar dbPassword = "{p.password("go")}"\n',
        "ios/Keys.swift": f'let awsSecretAccessKey = "{p.token("swift", "b64", 40)}"\n',
        "src/broken.py": f'def broken(:\n  API_KEY = "{p.stripe("broken python")}\n',
        "db/seed.sql": f"CREATE USER shop WITH PASSWORD '{p.password('sql')}';\n",
        "README.md": f"# Shop\n\n    export STRIPE_KEY={p.stripe('readme')}\n",
    }


def _configured(p: Planted) -> dict[str, str | bytes]:
    twice = p.token("yaml, two lines", "an", 60)
    return {
        ".gitignore": ".env\n",
        ".env": f"STRIPE_KEY={p.stripe('ignored env')}\nMAIL_PASSWORD={p.password('ignored env, password')}\n",
        ".env.production": f"export API_TOKEN={p.token('env', 'an', 40)}\nDB_PASSWORD='{p.password('env, password')}'\n"
        f'PRIVATE_KEY="{p.pem("env, several lines").strip()}"\n',
        "keys/server.pem": p.pem("pem"),
        "keys/id_ed25519": p.pem("openssh key", "OPENSSH PRIVATE"),
        "docker-compose.yml": "services:\n  web:\n    build: .\n    environment:\n"
        f"      STRIPE_KEY: {p.stripe('compose')}\n      POSTGRES_PASSWORD: {p.password('compose, password')}\n"
        f'    healthcheck:\n      test: ["CMD", "curl", "-u", "a:{p.token("healthcheck", "an", 24)}", "http://x"]\n',
        "k8s/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop\ndata:\n"
        f"  password: {base64.b64encode(p.token('kubernetes', 'an', 30).encode()).decode()}\n",
        "config/settings.yaml": f"mail:\n  password: '{p.password('yaml')}'\n  api_key: >-\n    {twice[:30]}\n"
        f"    {twice[30:]}\n",
        "config/settings.toml": f'[db]\npassword = "{p.password("toml")}"\n',
        "config/settings.json": json.dumps({"api_key": p.token("json", "an", 40), "password": p.password("json, two")}),
        "config/windows.ini": b"\xff\xfe" + f"[db]\r\nApiKey={p.stripe('utf-16')}\r\n".encode("utf-16-le"),
        "config/application.properties": f"db.password=${{DB_PW:{p.password('spring default')}}}\n",
        "infra/main.tf": f'variable "db_password" {{\n  default = "{p.password("terraform")}"\n}}\n'
        f'provider "aws" {{\n  access_key = "{p.token("aws id", "b32", 16, "AK" + "IA")}"\n'
        f'  secret_key = "{p.token("aws secret", "b64", 40)}"\n}}\n',
        "infra/broken.tf": f'resource "x" {{ token = "{p.stripe("broken terraform")}\n',
        "nginx.conf": f'proxy_set_header Authorization "Bearer {p.token("nginx", "an", 40)}";\n',
        "Dockerfile": f"FROM python:3.12\nENV API_KEY={p.stripe('dockerfile')}\n"
        f"RUN pip install -i https://ci:{p.token('dockerfile url', 'an', 30)}@pypi.example/simple flask\n"
        'CMD ["uvicorn", "app.main:app", "--reload"]\n',
        "Makefile": f"test:\n\tcurl -u ci:{p.token('makefile', 'an', 24)} https://x.example && pytest\n",
        ".npmrc": f"//npm.example/:_authToken={p.token('npmrc', 'an', 36, 'np' + 'm_')}\n",
        ".netrc": f"machine git.example login ci password {p.password('netrc')}\n",
        "notebooks/explore.ipynb": json.dumps(
            {
                "cells": [
                    {
                        "cell_type": "code",
                        "source": [f'api_key = "{p.stripe("notebook")}"\n'],
                        "outputs": [{"output_type": "stream", "text": [f"token={p.github('notebook output')}\n"]}],
                    }
                ],
                "metadata": {},
                "nbformat": 4,
                "nbformat_minor": 5,
            }
        ),
    }


def _built(p: Planted) -> dict[str, str | bytes]:
    step = p.github("workflow, step name")
    return {
        ".github/workflows/deploy.yml": "name: deploy\non: [push]\n"
        f"env:\n  API_TOKEN: {p.github('workflow')}\njobs:\n  deploy:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - uses: actions/checkout@main\n"
        f'      - name: use {step}\n        run: docker login -u ci -p "{p.password("workflow, command")}" && pytest\n'
        f"      - run: pytest || echo {p.token('workflow, masked test', 'an', 40)}\n        continue-on-error: true\n"
        f"      - run: gitleaks detect --token {p.token('workflow, scan', 'an', 40)} || true\n",
        ".github/workflows/broken.yml": f'on: push\njobs:\n  a: [}}\n  token: "{p.github("broken workflow")}\n',
        ".gitlab-ci.yml": f"variables:\n  API_KEY: {p.stripe('gitlab')}\n"
        f'test:\n  script: ["pytest --token {p.token("gitlab command", "an", 32)}"]\n',
        "renovate.json": json.dumps(
            {"hostRules": [{"matchHost": "npm.example", "password": p.password("renovate")}], "enabled": True}
        ),
        "package.json": json.dumps(
            {
                "name": "shop",
                "scripts": {
                    "test": f"curl -H 'Authorization: Bearer {p.token('script', 'an', 40)}' https://x.example",
                    "deploy": f"TOKEN={p.stripe('script, setting')} node deploy.js",
                },
                "dependencies": {"left": f"git+https://x:{p.token('dependency url', 'an', 32)}@git.example/left.git"},
            },
            indent=2,
        ),
        "package-lock.json": json.dumps(
            {
                "name": "shop",
                "lockfileVersion": 3,
                "packages": {
                    "": {"name": "shop"},
                    "node_modules/left": {
                        "version": "1.0.0",
                        "resolved": f"https://ci:{p.token('lock file url', 'an', 32)}@npm.example/left-1.0.0.tgz",
                    },
                },
            }
        ),
        "requirements.txt": f"--extra-index-url https://ci:{p.token('index url', 'an', 32)}@pypi.example/simple\n"
        f"fastapi==0.100.0\nurllib3==2.0.4\nours @ git+https://x:{p.github('requirement url')}@git.example/o.git\n",
        "svc/package.json": f'{{"scripts": {{"test": "TOKEN={p.stripe("broken package.json")}',
        "svc/pyproject.toml": f'[project]\nname = "svc"\ntoken = "{p.stripe("broken pyproject")}\n',
        "tests/test_shop.py": "import pytest\n\nfrom app import settings\n\n\n"
        f'@pytest.mark.skip(reason="until {p.github("skip reason")} is replaced")\n'
        "def test_skipped():\n    assert 0\n\n\n"
        f"def test_charged():\n    print(settings.STRIPE_KEY)\n"
        f'    assert settings.STRIPE_KEY == "{p.stripe("assertion")}", settings.DB_PASSWORD\n\n\n'
        f'@pytest.mark.parametrize("key", ["{p.github("parameter")}"])\n'
        "def test_key(key):\n    raise ValueError(key)\n",
        "web/shop.test.ts": f'it.skip("charges with {p.stripe("test title")}", () => {{ expect(1).toBe(2); }});\n',
    }


def _form(p: Planted, form: Form) -> str:
    """A form filled in by hand, by somebody who put keys into it."""
    text = rendered(form, complete(form.id, ["STRIPE_KEY"]), b"").decode()
    answer = "What we say about"
    assert text.count(answer) > 1, form.id
    return text.replace(answer, f"Log in with {p.stripe(f'{form.id}, answer')},", 1).replace(
        answer, f"See https://x:{p.token(f'{form.id}, address', 'an', 32)}@wiki.example/", 1
    )


def _said(p: Planted) -> dict[str, str | bytes]:
    return {
        ".shipworthy/policy.toml": f'# {p.github("policy comment")}\nprofile = "solo"\n',
        **{form.file: _form(p, form) for form in forms() if form.id != "spend-alert"},
        ".shipworthy/spending.toml": f'providers = "{p.stripe("broken form")}\n',
        ".shipworthy/decisions.toml": '[items.data-map]\ndecision = "attested"\nby = "ada@example.org"\n'
        f'at = 2026-11-20T12:00:00Z\nexpires = 2027-02-01\nreason = "the key is {p.stripe("reason")}"\n'
        f'evidence = "https://x:{p.token("evidence", "an", 32)}@wiki.example/map"\n',
        ".shipworthy/secret-exceptions.toml": '[[exceptions]]\nfingerprint = "0123456789abcdef"\n'
        f'reason = "made up {p.stripe("exception reason")}"\nby = "ada@example.org"\non = 2026-11-20\n'
        "expires = 2027-02-01\n",
    }


@cache
def planted() -> tuple[Planted, dict[str, str | bytes], dict[str, str]]:
    """What was planted, the files that hold it, and what git holds: old file, staged, message, branch, remote."""
    made = Planted()
    files = {**_code(made), **_configured(made), **_built(made), **_said(made)}
    held = {
        "old": f'STRIPE_KEY = "{made.stripe("history")}"\nDB_PASSWORD = "{made.password("history, password")}"\n',
        "staged": f'KEY = "{made.stripe("staged")}"\n',
        "message": f"Use {made.github('commit message')}",
        "branch": f"feature/{made.github('branch name')}",
        "remote": f"https://ada:{made.github('remote url')}@git.example/shop.git",
    }
    return made, files, held


def plant(folder: Path) -> Path:
    """The repository with every secret in it, at a branch with something staged."""
    _, files, held = planted()
    make_repo(folder, {"app/old.py": held["old"], "app/__init__.py": ""})
    (folder / "app/old.py").unlink()
    write(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", held["message"])
    git(folder, "branch", held["branch"])
    for name, value in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("remote.origin.url", held["remote"])):
        git(folder, "config", name, value)
    write(folder, {"app/staged.py": held["staged"]})
    git(folder, "add", "app/staged.py")
    return folder
