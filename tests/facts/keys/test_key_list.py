"""The inventory of keys: one row for each key that code, examples, workflows, stores and clients name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support import NOW, make_repo, write

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.forms import KeysFile
from shipworthy.facts.keys import Keys
from shipworthy.facts.keys.clients import clients
from shipworthy.facts.keys.inventory import inventory
from shipworthy.facts.keys.names import provider_of, scope_of, secret
from shipworthy.project import Project

CLOUD = "AWS credentials"


def rows(folder: Path, files: dict[str, str]) -> dict[str, dict[str, Any]]:
    """`shipworthy facts keys`, by name."""
    write(folder, files)
    store = FactStore(Project.open(folder), Context(now=NOW, home=folder), [Keys, KeysFile])
    known, gaps, missing = store.facts([Keys, KeysFile])
    assert (gaps, missing) == ([], None)
    keys, file = known[Keys], known[KeysFile]
    assert isinstance(keys, Keys)
    assert isinstance(file, KeysFile)
    return {str(row["name"]): row for row in inventory(keys, file)}


WORKFLOW = """\
on: push
jobs:
  ship:
    runs-on: ubuntu-latest
    steps:
      - run: deploy
        env:
          TOKEN: ${{ secrets.FLY_API_TOKEN }}
          WHO: ${{ secrets.DOCKERHUB_USERNAME }}
          # ${{ secrets.GONE }}
          OWN: ${{ secrets.GITHUB_TOKEN }}
"""


def test_a_key_that_only_a_committed_env_file_holds(tmp_path: Path) -> None:
    settings = '{"Values": {"SENDGRID_API_KEY": "a-made-up-one"}}'
    files = {
        ".env": "API_TOKEN=a-made-up-one\nPORT=1\n",
        ".env.test": "TEST_TOKEN=x\n",
        "local.settings.json": settings,
    }
    make_repo(tmp_path, files)
    found = rows(tmp_path, {"a.py": "x = 1\n", ".env.local": "OWN_TOKEN=a-made-up-one\n"})
    assert list(found) == ["API_TOKEN", "SENDGRID_API_KEY"]
    assert found["API_TOKEN"]["named"] == [{"file": ".env", "line": 1}]
    assert "a-made-up-one" not in repr(found)


def test_one_row_a_key_with_its_places(tmp_path: Path) -> None:
    make_repo(tmp_path, {".env.example": "MAIL_PASSWORD=\nDEBUG=1\n"})
    found = rows(
        tmp_path,
        {
            "app/main.py": "import os\nK = os.environ['STRIPE_SECRET_KEY']\nV = os.environ['VERBOSE']\n",
            "web/pay.ts": "export const k = process.env.NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY\n"
            "export const r = process.env.NEXT_PRIVATE_RESEND_API_KEY\n",
            "tests/test_main.py": "import os\nX = os.environ['TEST_ONLY_TOKEN']\n",
            ".github/workflows/ship.yml": WORKFLOW,
            ".shipworthy/keys.toml": '[[keys]]\nname = "STRIPE_SECRET_KEY"\nowner = "Ada"\nrotate_by = 2027-01-31\n'
            '[[keys]]\nname = "MAIL_PASSWORD"\nowner = "Bo"\nconfirmed = false\nfound = ".env.example:1"\n',
        },
    )
    assert list(found) == [
        "DOCKERHUB_USERNAME", "FLY_API_TOKEN", "MAIL_PASSWORD", "NEXT_PRIVATE_RESEND_API_KEY",
        "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY", "STRIPE_SECRET_KEY",
    ]  # fmt: skip
    assert found["STRIPE_SECRET_KEY"] == {
        "name": "STRIPE_SECRET_KEY", "provider": "Stripe", "reads": [{"file": "app/main.py", "line": 2}], "stores": [],
        "ci": [], "named": [], "scope": None, "owner": "Ada", "created": None, "rotate_by": "2027-01-31",
        "listed": True,
    }  # fmt: skip
    assert found["FLY_API_TOKEN"]["ci"] == [{"file": ".github/workflows/ship.yml", "line": 8}]
    assert found["FLY_API_TOKEN"]["stores"][0]["kind"] == "GitHub Actions secret"
    assert found["MAIL_PASSWORD"]["named"] == [{"file": ".env.example", "line": 1}]
    assert (found["MAIL_PASSWORD"]["listed"], found["MAIL_PASSWORD"]["owner"]) == (False, None)
    assert [found[name]["scope"] for name in ("DOCKERHUB_USERNAME", "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY")] == [
        "identifier", "public",
    ]  # fmt: skip


DEPLOYED = {
    "compose.yml": "services:\n  web:\n    environment:\n      - API_TOKEN=${API_TOKEN?Variable not set}\n"
    "      # OLD_TOKEN: x\n      MARIADB_RANDOM_ROOT_PASSWORD: 'yes'\n",
    "Dockerfile": "FROM python:3.12\nARG NPM_TOKEN\n",
    "k8s/web.yaml": "kind: Deployment\nspec:\n  - name: DATABASE_CREDENTIALS\n"
    "    valueFrom: {secretKeyRef: {name: db, key: c}}\n",
    "main.tf": 'variable "datadog_api_key" {\n  sensitive = true\n}\nvariable "region" {}\n',
    "compose.test.yml": "services:\n  web:\n    environment:\n      TEST_API_KEY: x\n",
}


def test_deployment_files_name_keys(tmp_path: Path) -> None:
    found = rows(tmp_path, DEPLOYED)
    assert {name: (row["named"][0]["file"], row["named"][0]["line"]) for name, row in found.items()} == {
        "API_TOKEN": ("compose.yml", 4),
        "NPM_TOKEN": ("Dockerfile", 2),
        "DATABASE_CREDENTIALS": ("k8s/web.yaml", 3),
        "datadog_api_key": ("main.tf", 1),
    }
    assert [each["file"] for each in found["DATABASE_CREDENTIALS"]["stores"]] == ["k8s/web.yaml"]


def test_scripts_of_another_ci_system_ask_for_keys(tmp_path: Path) -> None:
    script = "ship:\n  script:\n    - push $DEPLOY_TOKEN ${CI_JOB_TOKEN} $HOME\n    # $OLD_TOKEN\n"
    found = rows(tmp_path, {".gitlab-ci.yml": script})
    assert {name: row["ci"] for name, row in found.items()} == {"DEPLOY_TOKEN": [{"file": ".gitlab-ci.yml", "line": 3}]}


PYTHON = {
    "from openai import OpenAI\nc = OpenAI()\n": "OPENAI_API_KEY",
    "import openai as o\nc = o.AsyncOpenAI(timeout=3)\n": "OPENAI_API_KEY",
    "from openai import OpenAI\nc = OpenAI(**options)\n": "OPENAI_API_KEY",
    "from openai import OpenAI\nc = OpenAI(api_key=config.key)\n": "",
    "from anthropic import Anthropic as A\nc = A()\n": "ANTHROPIC_API_KEY",
    "import boto3\nc = boto3.client('s3', region_name='eu-west-1')\n": CLOUD,
    "import boto3\nc = boto3.client('s3', aws_access_key_id=a, aws_secret_access_key=b)\n": "",
    "import boto3.session\nc = boto3.session.Session()\n": CLOUD,
    "from google.cloud import storage\nc = storage.Client()\n": "Google Cloud credentials",
    "from twilio.rest import Client\nc = Client(a, b)\n": "",
    "from twilio.rest import Client\nc = Client()\n": "TWILIO_AUTH_TOKEN",
    "from mine import OpenAI\nc = OpenAI()\n": "",
    "import openai\n# openai.OpenAI()\n": "",
}
JAVASCRIPT = {
    "import OpenAI from 'openai'\nconst c = new OpenAI()\n": "OPENAI_API_KEY",
    "import { OpenAI as O } from 'openai'\nconst c = new O({ maxRetries: 2 })\n": "OPENAI_API_KEY",
    "import OpenAI from 'openai'\nconst c = new OpenAI({ apiKey })\n": "",
    "import OpenAI from 'openai'\nconst c = new OpenAI({ 'apiKey': key() })\n": "",
    "const OpenAI = require('openai')\nconst c = new OpenAI()\n": "OPENAI_API_KEY",
    "const { Resend } = require('resend')\nconst c = new Resend()\n": "RESEND_API_KEY",
    "import { Resend } from 'resend'\nconst c = new Resend(key)\n": "",
    "import { S3Client } from '@aws-sdk/client-s3'\nconst c = new S3Client({ region })\n": CLOUD,
    "import { S3Client } from '@aws-sdk/client-s3'\nconst c = new S3Client({ region, credentials })\n": "",
    "import { Redis } from '@upstash/redis'\nconst c = Redis.fromEnv()\n": "UPSTASH_REDIS_REST_TOKEN",
    "import { openai } from '@ai-sdk/openai'\nconst m = openai('some-model')\n": "OPENAI_API_KEY",
    "import OpenAI from './openai'\nconst c = new OpenAI()\n": "",
}


@pytest.mark.parametrize(
    ("file", "code", "name"),
    [("app.py", code, name) for code, name in PYTHON.items()]
    + [("app.ts", code, name) for code, name in JAVASCRIPT.items()],
)
def test_a_client_without_a_key_reads_one_by_itself(tmp_path: Path, file: str, code: str, name: str) -> None:
    found = rows(tmp_path, {file: code})
    assert list(found) == ([name] if name else [])
    assert not name or found[name]["reads"] == [{"file": file, "line": 2}]


def test_a_client_joins_the_key_that_is_known_by_another_name(tmp_path: Path) -> None:
    code = "import boto3, os\nc = boto3.client('s3')\nk = os.environ['AWS_SECRET_ACCESS_KEY']\n"
    found = rows(tmp_path, {"app.py": code})
    assert [(name, len(row["reads"])) for name, row in found.items()] == [("AWS_SECRET_ACCESS_KEY", 2)]


@pytest.mark.parametrize(
    ("name", "provider", "scope"),
    [
        ("STRIPE_SECRET_KEY", "Stripe", None),
        ("STRIPE_SECRET_KEY_LIVE", "Stripe", "live"),
        ("STRIPE_TEST_SECRET_KEY", "Stripe", "test"),
        ("MYAPP_AZURE_OPENAI_API_KEY", "Azure OpenAI", None),
        ("AUTH0_CLIENT_SECRET", "Auth0", None),
        ("NEXT_PUBLIC_SUPABASE_ANON_KEY", "Supabase", "public"),
        ("SUPABASE_SERVICE_ROLE_KEY", "Supabase", "admin"),
        ("VITE_GOOGLE_MAPS_API_KEY", "Google Maps", "public"),
        ("GOOGLE_MAPS_API_KEY", "Google Maps", None),
        ("NEXT_PUBLIC_OPENAI_API_KEY", "OpenAI", None),
        ("NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY_LIVE", "Stripe", "public"),
        ("JWT_PUBLIC_KEY", None, "public"),
        ("REPORTS_READ_ONLY_TOKEN", None, "read-only"),
        ("ALGOLIA_SEARCH_API_KEY", "Algolia", "read-only"),
        ("BLOB_READ_WRITE_TOKEN", "Vercel", None),
        ("CROWDIN_PROJECT_ID", "Crowdin", "identifier"),
        ("DATABASE_URL", None, None),
        ("SLACK_WEBHOOK_URL", "Slack", None),
        ("SERVICE_URL", None, "identifier"),
        ("SECRET_KEY", None, None),
        ("", None, None),
    ],
)
def test_what_a_name_tells(name: str, provider: str | None, scope: str | None) -> None:
    assert (provider_of(name), scope_of(name)) == (provider, scope)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("NEXT_PRIVATE_ENCRYPTION_SECONDARY_KEY", True),
        ("INNGEST_EVENT_KEY", True),
        ("CALENDAR_EVENT_KEY", False),
        ("GCLOUD_APPLICATION_CREDENTIALS_CONTENTS", True),
        ("DATABASE_URL_UNPOOLED", True),
        ("NEXT_PRIVATE_DATABASE_REPLICA_URLS", True),
        ("POSTGRES_PRISMA_URL", True),
        ("DATABASE_NAME", False),
        ("SITE_URL", False),
        ("NEXT_PAGE_TOKEN", False),
    ],
)
def test_whose_name_is_that_of_a_key(name: str, found: bool) -> None:
    assert secret(name) is found


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": "import os\nX = os.environ.get('AUTH_USE_ID_TOKEN')\n"},
        {
            "docs/app.py": "from openai import OpenAI\nc = OpenAI()\n",
            "tests/test_a.py": "import boto3\nboto3.client('x')\n",
        },
        {"dist/app.min.js": "import OpenAI from 'openai';new OpenAI();" + "x;" * 9_000},
    ],
    ids=["switch", "aside", "minified"],
)
def test_what_is_no_key_of_the_app(tmp_path: Path, files: dict[str, str]) -> None:
    assert rows(tmp_path, files) == {}


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ("jobs:\n  a:\n    steps:\n      - env: {K: '${{ secrets[matrix.key] }}'}\n", 1),
        ("jobs:\n  a:\n    env: {ALL: '${{ toJSON(secrets) }}'}\n", 1),
        ("jobs:\n  a:\n    uses: org/shared/.github/workflows/a.yml@v1\n    secrets: inherit\n", 1),
        ("jobs:\n  a:\n    uses: ./.github/workflows/b.yml\n    secrets: inherit\n", 0),
        ("jobs:\n  a:\n    env: {K: \"${{ secrets['FLY_API_TOKEN'] }}\"}\n", 0),
    ],
)
def test_a_workflow_may_take_any_key(tmp_path: Path, lines: str, number: int) -> None:
    make_repo(tmp_path, {".github/workflows/a.yml": f"on: push\n{lines}"})
    keys = FactStore(Project.open(tmp_path), Context(now=NOW, home=tmp_path), [Keys]).get(Keys)
    assert isinstance(keys, Keys)
    assert len(keys.computed) == number


def test_every_row_of_the_table_of_clients_says_where_it_is_from() -> None:
    for client in clients():
        assert client.language in ("python", "javascript")
        assert client.keys
        assert client.call
        assert client.source
        assert client.provider == (provider_of(client.keys[0]) or client.provider)


def test_hostile_files_do_no_harm(tmp_path: Path) -> None:
    deep = "import boto3\n" + "boto3.client(" * 2_000 + ")" * 2_000 + "\n"
    found = rows(tmp_path, {"deep.py": deep, "odd.ts": "import from 'openai'\nnew (((\n", "x.py": "import openai\0\n"})
    assert set(found) <= {CLOUD}
