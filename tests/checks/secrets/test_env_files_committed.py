"""env-files-ignored: env files that are committed, encrypted or not, and under which names they are noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn
from tests.support import check_files, git, make_repo, outcome_of, write

from shipworthy.facts.limits import time_limit
from shipworthy.facts.settings.env_names import kind_of_name
from shipworthy.facts.settings.model import ListingKind
from shipworthy.model import Confidence

CHECK = "env-files-ignored"
APP = "import os\nA = os.environ['API_TOKEN']\n"
OWN = "".join(("Tulip", "7wagon", "Moss"))
LIVE = "sk" + "_live_" + drawn("an", 60, 12)
PLAIN = f"API_TOKEN={OWN}\n"
SEALED = "encrypted:" + "B" + drawn("an", 100, 5)
PUBLIC = f'DOTENV_PUBLIC_KEY="03{drawn("hex", 64, 9)}"\n'
KEYS = ".env.keys\n"
SOPS = f"ENC[AES256_GCM,data:{drawn('an', 20, 3)}=,iv:{drawn('an', 40, 4)}=,tag:{drawn('an', 22, 5)}==,type:str]"
SOPS_END = f"sops_mac={SOPS}\nsops_version=3.8.1\nsops_lastmodified=2024-01-01T00:00:00Z\n"
CRYPT = b"\0GITCRYPT\0" + bytes(range(200))
VAULT = f'DOTENV_VAULT="vlt_{drawn("hex", 64, 2)}"\nDOTENV_VAULT_PRODUCTION="{drawn("an", 90, 8)}=="\n'


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({".env": f'{PUBLIC}API_TOKEN="{SEALED}"\nHELLO=1\n', ".gitignore": KEYS}, "pass"),
        ({".env.production": f'{PUBLIC}API_TOKEN="{SEALED}"\n', ".gitignore": f".env\n{KEYS}"}, "pass"),
        ({".env": f'{PUBLIC}API_TOKEN="{SEALED}"\n'}, "fail"),
        ({".env": f'{PUBLIC}API_TOKEN="{SEALED}"\nDB_PASSWORD={OWN}\n', ".gitignore": KEYS}, "fail"),
        ({".env": f'{PUBLIC}API_TOKEN="{SEALED}"\n# DB_PASSWORD={OWN}\n', ".gitignore": KEYS}, "fail"),
        ({".env": f'{PUBLIC}API_TOKEN="encrypted:"\n', ".gitignore": KEYS}, "fail"),
        ({".env": f"{PUBLIC}PORT=1\n", ".gitignore": KEYS}, "fail"),
        ({".env.keys": f'DOTENV_PRIVATE_KEY="{drawn("hex", 64, 3)}"\n', ".gitignore": ".env\n"}, "fail"),
        ({".env": f"API_TOKEN={SOPS}\n{SOPS_END}"}, "pass"),
        ({".env": f"API_TOKEN={SOPS}\nDB_PASSWORD={OWN}\n{SOPS_END}"}, "fail"),
        ({".env": CRYPT}, "pass"),
        ({"apps/web/.env": CRYPT, ".env": CRYPT}, "pass"),
        ({".env.vault": VAULT, ".gitignore": ".env\n"}, "pass"),
        ({".env.production": f"$ANSIBLE_VAULT;1.1;AES256\n{drawn('d', 80, 1)}\n", ".gitignore": ".env\n"}, "pass"),
        ({".env.gpg": b"\x85\x02\x0c\x00" + bytes(range(200)), ".gitignore": ".env\n"}, "pass"),
        ({".env.production": b"\x01\x00\x02" + bytes(range(200)), ".gitignore": ".env\n"}, "unknown"),
        ({".env": "\ufeff".encode("utf-16-le") + PLAIN.encode("utf-16-le")}, "fail"),
        ({".env.production": PLAIN.encode("utf-16-le"), ".gitignore": ".env\n"}, "unknown"),
        ({".env": CRYPT, "Dockerfile": "FROM a\nCOPY . .\n"}, "pass"),
    ],
)
def test_what_is_encrypted_may_be_committed(tmp_path: Path, files: dict[str, str | bytes], kind: str) -> None:
    assert check_files(CHECK, tmp_path / "p", {"a.py": APP, **files}).kind == kind


def test_a_file_that_git_crypt_opened_on_this_machine(tmp_path: Path) -> None:
    folder = make_repo(
        tmp_path / "p", {"a.py": APP, ".gitattributes": ".env filter=git-crypt diff=git-crypt\n", ".env": CRYPT}
    )
    write(folder, {".env": PLAIN})
    assert outcome_of(CHECK, folder).kind == "pass"
    git(folder, "-c", "filter.git-crypt.clean=cat", "add", ".env")
    assert outcome_of(CHECK, folder).kind == "fail"


@pytest.mark.parametrize(
    "name",
    [
        ".env~", ".env.bak", ".env.old", ".env copy", ".env copy 2", ".env (1)", ".env - Copy", ".env.local.orig",
        ".env_bak", "#.env#", ".env-prod", ".env_prod", "env.production", "env.prod", "prod.env", "api.prod.env",
        ".envrc", ".envrc.private", ".flaskenv", ".dev.vars", ".dev.vars.production", ".envs/.production/.django",
        ".env.d/app", "env.sh",
    ],
)  # fmt: skip
def test_names_of_env_files_with_real_settings(tmp_path: Path, name: str) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {"a.py": APP, ".gitignore": ".env\n", name: PLAIN})
    assert [(each.rule, each.location.path) for each in outcome.findings if each.severity != "info"] == [
        ("env-file-tracked", name)
    ]
    assert outcome.kind == "fail"


@pytest.mark.parametrize(
    "name",
    [
        ".env.example", ".env.example.bak", ".envrc.example", ".dev.vars.example", "env.sample", "environment.ts",
        "src/env.ts", "environments/prod.py", "env/prod.py", "envs/gym.py", "docs/env.md", "bin/env",
        ".env.example.complete", "example.docker.env", "app.example.env", "local-sample.env",
    ],
)  # fmt: skip
def test_names_of_samples_and_of_code(tmp_path: Path, name: str) -> None:
    files = {"a.py": APP, ".gitignore": ".env\n.envrc\n.dev.vars\n", name: "API_TOKEN=change-me\n"}
    outcome = check_files(CHECK, tmp_path / "p", files)
    assert (outcome.kind, [each for each in outcome.findings if each.severity != "info"]) == ("pass", [])


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("tests/.env", PLAIN, Confidence.REVIEW),
        ("tests/.env", f"STRIPE={LIVE}\n", Confidence.CERTAIN),
        (".env.test", PLAIN, Confidence.REVIEW),
        (".env.production", f"STRIPE={LIVE}\n", Confidence.CERTAIN),
        (".envs/.local/.django", PLAIN, Confidence.REVIEW),
        ("tests/.env", "API_TOKEN=test\n", None),
    ],
)
def test_how_sure_a_committed_file_is(tmp_path: Path, path: str, text: str, kind: Confidence | None) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {"a.py": APP, ".gitignore": ".env\n", path: text})
    found = [each.confidence for each in outcome.findings if each.severity != "info"]
    assert found == ([kind] if kind else [])


CONNECTION = '"Default": "Server=db.example;User Id=sa;Password={};"'


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("local.settings.json", f'{{"Values": {{"API_TOKEN": "{OWN}"}}}}', "fail"),
        ("local.settings.json", f'{{"IsEncrypted": true, "Values": {{"API_TOKEN": "{OWN}"}}}}', "pass"),
        ("local.settings.json", '{"Values": {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}}', "pass"),
        ("appsettings.Production.json", f"{{{CONNECTION.format(OWN)}}}", "fail"),
        ("appsettings.Production.json", f'{{"Stripe": {{"SecretKey": "{OWN}"}}}}', "fail"),
        ("appsettings.Production.json", f'{{\n  // "SecretKey": "{OWN}"\n}}', "fail"),
        ("appsettings.Production.json", f"{{{CONNECTION.format('change-me')}}}", "pass"),
        ("appsettings.Production.json", '{"Stripe": {"SecretKey": "${STRIPE_KEY}"}}', "pass"),
        ("appsettings.json", '{"Stripe": {"SecretKey": ""}}', "pass"),
    ],
)
def test_settings_in_json(tmp_path: Path, path: str, text: str, kind: str) -> None:
    assert check_files(CHECK, tmp_path / "p", {"a.py": APP, ".gitignore": ".env\n", path: text}).kind == kind


def test_settings_in_json_ask_for_no_env_file(tmp_path: Path) -> None:
    files = {"Program.cs": "class A {}\n", "appsettings.Production.json": '{"Logging": {"Level": "Warning"}}'}
    assert check_files(CHECK, tmp_path / "p", files).kind == "not-applicable"


WORKER = {"wrangler.toml": 'name = "a"\nmain = "src/a.ts"\n', "src/a.ts": "const a = (env) => env.API_TOKEN\n"}


@pytest.mark.parametrize(
    ("files", "made"),
    [
        (WORKER, ".dev.vars"),
        ({"api/host.json": '{"version": "2.0"}', "api/a.py": APP}, "api/local.settings.json"),
        ({".envrc": "dotenv_if_exists .env.private\n", "a.py": APP}, ".env.private"),
        ({".envrc": "source_env_if_exists .envrc.local\n", "a.py": APP}, ".envrc.local"),
        ({".env": f'{PUBLIC}API_TOKEN="{SEALED}"\n', "a.py": APP}, ".env.keys"),
    ],
)
def test_files_that_the_tools_of_a_project_make(tmp_path: Path, files: dict[str, str], made: str) -> None:
    ignore = "".join(f"{name}\n" for name in (".env", made) if name not in files)
    outcome = check_files(CHECK, tmp_path / "p", {**files, ".gitignore": ".env\n" if ".env" not in files else "x\n"})
    assert [each.message.split(" is ")[0] for each in outcome.findings if each.rule == "env-file-not-ignored"] == [made]
    assert check_files(CHECK, tmp_path / "q", {**files, ".gitignore": ignore}).kind == "pass"


@pytest.mark.parametrize(
    "files",
    [
        {"wrangler.toml": 'name = "a"\n', "src/a.ts": "export const a = (env) => env.ASSETS_URL\n"},
        {"host.json": '{"hosts": ["a"]}'},
        {".envrc": "layout python\nsource_up\nsource_env ../.envrc.local\n"},
    ],
)
def test_files_that_nothing_here_makes(tmp_path: Path, files: dict[str, str]) -> None:
    assert check_files(CHECK, tmp_path / "p", {"a.py": APP, ".gitignore": ".env\n", **files}).kind == "pass"


@pytest.mark.parametrize(
    "name",
    [
        ".env.example" + "-" * 220 + "!",
        "-" * 220 + "!.env",
        "example" + "._-" * 70 + "!.env",
        "a-" * 110 + "example" + "!",
        ".env" + ".a" * 110 + "!",
        "env" + ".prod" * 45 + "!",
        ".env" + ".bak" * 55 + "!",
        ".env" + " copy" * 45 + "!",
    ],
)
def test_no_name_takes_forever(name: str) -> None:
    with time_limit(5.0):
        assert kind_of_name(f"a/{name}") in (None, ListingKind.ENV_FILE, ListingKind.EXAMPLE)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env", f"{PUBLIC}API_TOKEN={SEALED}\nPAYMENTS={LIVE}\n"),
        (".env", f"-----BEGIN PGP MESSAGE-----\n{PLAIN}"),
        ("local.settings.json", f'{{\n  // "IsEncrypted": true\n  "Values": {{"PAYMENTS_SECRET_KEY": "{LIVE}"}}}}'),
        ("appsettings.Production.json", f'{{"A": {{"IsEncrypted": true}}, "B": {{"ClientSecret": "{OWN}"}}}}'),
    ],
)
def test_what_only_looks_encrypted(tmp_path: Path, path: str, text: str) -> None:
    ignore = "".join(f"{name}\n" for name in (".env", ".env.keys", "local.settings.json") if name != path)
    outcome = check_files(CHECK, tmp_path / "p", {"a.py": APP, ".gitignore": ignore, path: text})
    assert outcome.kind == "fail"
    assert path in {each.location.path for each in outcome.findings}
