"""env-files-ignored: git's own answer, tracked files, images, packages."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn
from tests.support import check_files, git, make_repo, outcome_of, write

from shipworthy.model import OutcomeKind

CHECK = "env-files-ignored"
APP = "import os\nA = os.environ['API_TOKEN']\n"
IGNORE = ".env\n.env.*\n!.env.example\n*.pem\n"
LIVE = "sk" + "_live_" + drawn("an", 60, 12)
IMAGE = {"Dockerfile": "FROM a\nCOPY . .\n"}
OWN = "".join(("Tulip", "7wagon", "Moss"))
HELD = {"secret-file-committed"}
NPM = "npm" + "_" + drawn("an", 36, 14)
STATE = '{"version": 4, "resources": [{"instances": []}]}'
ROOT = 'provider "aws" {\n}\n'
STAGED = {"Dockerfile": "FROM a AS build\nWORKDIR /app\nCOPY . .\nFROM b\nCOPY --from=build /app/dist /srv\n"}
STREAMLIT = "import streamlit as st\nKEY = st.secrets['OPENAI_API_KEY']\n"
NEXT = '{"name": "a", "private": true, "dependencies": {"next": "15.0.0"}}'


@pytest.mark.parametrize(
    ("files", "kind", "rules"),
    [
        ({"a.py": APP, ".gitignore": IGNORE}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, ".env.example": "API_TOKEN=\n"}, "pass", set()),
        ({"a.py": APP}, "fail", {"env-file-not-ignored"}),
        ({"a.py": APP, ".gitignore": "node_modules\n"}, "fail", {"env-file-not-ignored"}),
        ({"package.json": NEXT, "a.js": "process.env.A_URL", ".gitignore": ".env\n"}, "fail", {"env-file-not-ignored"}),
        ({"package.json": NEXT, "a.js": "process.env.A_URL", ".gitignore": ".env*\n"}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, ".env": "PORT=1\n"}, "fail", {"env-file-tracked"}),
        ({"a.py": APP, ".gitignore": IGNORE, ".env.development": "PORT=1\n"}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, ".env.development": "API_TOKEN=ab12\n"}, "fail", {"env-file-tracked"}),
        ({"a.py": APP, ".gitignore": IGNORE, ".env.example": f"STRIPE={LIVE}\n"}, "fail", {"secret-file-committed"}),
        ({"a.py": APP, ".gitignore": IGNORE, **IMAGE}, "fail", {"env-file-in-image"}),
        ({"a.py": APP, ".gitignore": IGNORE, **IMAGE, ".dockerignore": ".env*\n"}, "pass", set()),
        ({"b/a.py": APP, ".gitignore": "/.env\n", "b/.env.example": "A_B=\n"}, "fail", {"env-file-not-ignored"}),
        ({"a.py": "print(1)\n"}, "not-applicable", set()),
        ({"package.json": NEXT, "a.js": "process.env.A_URL", ".gitignore": ".env*\n", ".env": "A=1\n"}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, ".env.production": "PUBLIC_URL=https://a.example\n"}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, ".env.production": f"API_TOKEN={OWN}\n"}, "fail", {"env-file-tracked"}),
        ({"a.py": APP, ".gitignore": IGNORE, ".env.development": "DB_PASSWORD=postgres\n"}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, ".env.test": f"API_TOKEN={OWN}\n"}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, "release.keystore": "x"}, "fail", {"key-store-committed"}),
        ({"a.py": APP, ".gitignore": IGNORE, "debug.keystore": "x", "truststore.jks": "x"}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, "terraform.tfstate": STATE}, "fail", {"state-committed"}),
        ({"main.tf": ROOT, ".gitignore": ".env\n"}, "fail", {"env-file-not-ignored"}),
        ({"main.tf": ROOT, ".gitignore": "*.tfstate\n"}, "pass", set()),
        ({"main.tf": ROOT + 'terraform {\n  backend "s3" {}\n}\n'}, "not-applicable", set()),
        ({"a.py": APP, ".gitignore": IGNORE, ".npmrc": f"//r.example/:_authToken={NPM}"}, "fail", HELD),
        ({"a.py": APP, ".gitignore": IGNORE, ".npmrc": "//r.example/:_authToken=${NPM_TOKEN}\n"}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, **STAGED}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, ".gcloudignore": ".git\n"}, "fail", {"env-file-uploaded"}),
        ({"a.py": APP, ".gitignore": IGNORE, ".gcloudignore": "#!include:.gitignore\n"}, "pass", set()),
        ({"apps/web/a.py": APP, "apps/web/.env.example": "", ".gitignore": ".env\n!apps/web/.env\n"}, "fail", None),
        ({"a.py": APP, ".gitignore": IGNORE, "apps/web/.gitignore": "!.env\n"}, "fail", {"env-file-not-ignored"}),
        ({"a.py": APP, ".gitignore": f"{IGNORE}!/apps/web/.env\n"}, "fail", {"env-file-not-ignored"}),
        ({"a.py": APP, ".gitignore": IGNORE, "apps/web/.gitignore": "!.env.example\n"}, "pass", set()),
        ({"a.py": APP, ".gitignore": IGNORE, "Dockerfile": "FROM a\nONBUILD COPY . .\n"}, "fail", None),
        ({"a.py": APP, ".gitignore": IGNORE, "Dockerfile": "FROM a\nCOPY .* /a/\n"}, "fail", {"env-file-in-image"}),
        ({"a.py": APP, ".gitignore": IGNORE, "Dockerfile": "FROM a\nCOPY *.py /a/\n"}, "pass", set()),
        ({"a.js": "process.env.NODE_ENV"}, "not-applicable", set()),
        ({"a.py": STREAMLIT}, "fail", {"env-file-not-ignored"}),
        ({"a.py": STREAMLIT, ".gitignore": ".env\n"}, "fail", {"env-file-not-ignored"}),
        ({"a.py": STREAMLIT, ".gitignore": ".streamlit/secrets.toml\n"}, "pass", set()),
        ({"a.py": STREAMLIT, ".gitignore": ".streamlit/\n", ".streamlit/secrets.toml.example": "A=1\n"}, "pass", set()),
        ({"a.py": STREAMLIT, ".gitignore": ".streamlit/\n", **IMAGE}, "fail", {"env-file-in-image"}),
        ({"a.py": STREAMLIT, ".streamlit/secrets.toml": f'K = "{LIVE}"\n', ".gitignore": ".env\n"}, "fail", None),
    ],
)  # fmt: skip
def test_outcomes(tmp_path: Path, files: dict[str, str], kind: str, rules: set[str] | None) -> None:
    outcome = check_files(CHECK, tmp_path / "p", files)
    assert outcome.kind == kind
    if kind == "fail" and rules is not None:
        assert {finding.rule for finding in outcome.findings} == rules


def test_outside_git_nothing_says_what_is_ignored(tmp_path: Path) -> None:
    folder = write(tmp_path / "p", {"a.py": APP, ".gitignore": IGNORE})
    assert outcome_of(CHECK, folder).kind is OutcomeKind.UNKNOWN


def test_a_rule_of_one_machine_is_named_as_such(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    check_files(CHECK, folder, {"a.py": APP})
    (folder / ".git/info").mkdir(exist_ok=True)
    (folder / ".git/info/exclude").write_text(".env\n")
    outcome = outcome_of(CHECK, folder)
    assert outcome.kind is OutcomeKind.FAIL
    assert "only by a rule on this machine" in outcome.findings[0].message


def test_the_deciding_rule_is_evidence(tmp_path: Path) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {"a.py": APP, ".gitignore": IGNORE})
    assert outcome.summary == ".env ignored by .gitignore:1"
    assert ".env ignored by .gitignore:1 .env" in outcome.looked_at


def test_what_is_left_to_judge_is_said_beside_the_pass(tmp_path: Path) -> None:
    files = {"a.py": "from dotenv import load_dotenv\nload_dotenv()\n" + APP, ".gitignore": ".env\n", **STAGED}
    files |= {"db.env": "POSTGRES_PASSWORD=postgres\n"}
    outcome = check_files(CHECK, tmp_path / "p", files)
    assert outcome.kind is OutcomeKind.PASS
    rules = {finding.rule for finding in outcome.findings}
    assert rules == {"env-file-tracked", "env-file-in-image", "key-file-not-ignored", "no-example-file"}


def test_what_to_do_names_the_whole_path(tmp_path: Path) -> None:
    files = {"a.py": APP, ".gitignore": IGNORE, "web/my app/.env": f"API_TOKEN={OWN}\n", "web/.gitignore": "!.env\n"}
    remedies = [finding.remedy for finding in check_files(CHECK, tmp_path / "p", files).findings]
    assert "Replace the secrets in it, then run: git rm --cached -- 'web/my app/.env'" in remedies
    assert "Add .env to web/my app/.gitignore and commit that." in remedies


def test_rules_that_never_leave_this_machine(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "p", {"a.py": APP})
    write(folder, {".gitignore": f"{IGNORE}.gitignore\n"})
    outcome = outcome_of(CHECK, folder)
    assert {finding.rule for finding in outcome.findings} == {"env-file-not-ignored"}
    assert "only by a rule on this machine" in outcome.findings[0].message
    write(folder, {".gitignore": IGNORE})
    assert outcome_of(CHECK, folder).kind is OutcomeKind.PASS


def test_a_rule_in_other_letters_holds_on_some_machines_only(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "p", {"a.py": APP, ".gitignore": ".ENV*\n"})
    git(folder, "config", "core.ignoreCase", "true")
    assert outcome_of(CHECK, folder).kind is OutcomeKind.FAIL


def test_a_key_store_that_lies_about(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    check_files(CHECK, folder, {"a.py": APP, ".gitignore": IGNORE})
    (folder / "release.p12").write_bytes(b"\x00")
    outcome = outcome_of(CHECK, folder)
    assert [finding.rule for finding in outcome.findings] == ["key-store-not-ignored"]


LOADED = [
    ("a.js", "require('dotenv').config({ path: './config/config.env' })", "config/config.env"),
    ("a.js", "dotenv.config({ path: path.join(__dirname, 'config', 'local.env'), quiet: true })", "config/local.env"),
    ("src/a.ts", "dotenv.config({ path: path.resolve(__dirname, '../.env.keys') })", ".env.keys"),
    ("a.mjs", "process.loadEnvFile('secrets.env')", "secrets.env"),
    ("a.py", "load_dotenv('settings.env')", "settings.env"),
    ("a.py", "load_dotenv(dotenv_path='keys/app.env', override=True)", "keys/app.env"),
    ("app/core/a.py", "load_dotenv(Path(__file__).resolve().parent.parent / 'my.env')", "app/my.env"),
    ("app/a.py", "load_dotenv(os.path.join(os.path.dirname(__file__), 'my.env'))", "app/my.env"),
    ("a.py", "config = SettingsConfigDict(env_file=('.env', 'prod.env'), extra='ignore')", "prod.env"),
    ("a.go", 'package a\nfunc f() { godotenv.Load("deploy.env") }\n', "deploy.env"),
    ("deploy/compose.yml", "services:\n  web:\n    env_file:\n      - ./web.env\n", "deploy/web.env"),
    ("compose.yml", "services:\n  web:\n    env_file: [.env, db.env]\n", "db.env"),
    ("src/a.js", "const account = require('../serviceAccountKey.json');\n", "serviceAccountKey.json"),
    ("src/a.ts", "import key from './my-app-firebase-adminsdk-x1.json';\n", "src/my-app-firebase-adminsdk-x1.json"),
    ("a.py", "cred = credentials.Certificate('keys/service-account.json')\n", "keys/service-account.json"),
    ("a.py", "os.environ['GOOGLE_APPLICATION_CREDENTIALS'] = 'service_account.json'\n", "service_account.json"),
    ("a.py", "gc = gspread.service_account(filename='service_account.json')\n", "service_account.json"),
    ("a.js", "new Storage({ keyFilename: 'service-account.json', projectId: 'a' })\n", "service-account.json"),
    ("compose.yml", "services:\n  web:\n    env_file:\n      - path: more.env\n        required: false\n", "more.env"),
]


@pytest.mark.parametrize(("path", "text", "loaded"), LOADED, ids=[f"{each[0]} {each[2]}" for each in LOADED])
def test_a_file_that_is_loaded_by_its_name_has_to_be_ignored(tmp_path: Path, path: str, text: str, loaded: str) -> None:
    files = {path: text + "\n", "b.py": APP, ".gitignore": ".env\n"}
    outcome = check_files(CHECK, tmp_path / "p", files)
    assert [each.message.split(" is ")[0] for each in outcome.findings if each.rule == "env-file-not-ignored"] == [
        loaded
    ]
    assert check_files(CHECK, tmp_path / "q", {**files, ".gitignore": f".env\n/{loaded}\n"}).kind is OutcomeKind.PASS


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.js", "dotenv.config({ path: `.env.${process.env.NODE_ENV}` })"),
        ("a.js", "dotenv.config({ path: find('config/config.env') })"),
        ("a.js", "dotenv.config({ path: '../outside.env' })"),
        ("a.js", "dotenv.config({ path: '/etc/app/app.env' })"),
        ("a.js", "dotenv.config({ path: 'defaults.env' })"),
        ("tests/a.js", "dotenv.config({ path: 'tests/e2e.env' })"),
        ("a.js", "dotenv.config({ path: '.env.test' })"),
        ("a.py", "load_dotenv('.env.example')"),
        ("a.py", "print('put service-account.json here')"),
        ("a.js", "require('./service-account.example.json')"),
        ("a.js", "require('./service-accounts-page')"),
        ("docs/compose.yml", "services:\n  web:\n    env_file: docs.env\n"),
    ],
)
def test_a_file_that_is_no_secret_one_need_not_be_ignored(tmp_path: Path, path: str, text: str) -> None:
    files = {path: text + "\n", "b.py": APP, ".gitignore": ".env\n", "defaults.env": "PORT=1\n"}
    assert check_files(CHECK, tmp_path / "p", files).kind is OutcomeKind.PASS
