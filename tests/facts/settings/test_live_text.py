"""What is commented out or switched off names no setting and no store."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.settings.test_settings_reads import settings_of

from shipworthy.facts.settings.deployed_analyser import DeployedSecrets
from shipworthy.facts.settings.live_text import live
from shipworthy.facts.settings.model import ListingKind
from shipworthy.project import FileEntry, FileKind, Source

COMPOSE = "services:\n  web:\n    environment:\n"
FLOW = ".github/workflows/a.yml"
JOB = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
A_TOKEN = "A_TOKEN: ${{ secrets.A_TOKEN }}"

DEAD = [
    (FLOW, f"{JOB}      - run: x\n        env:\n          # {A_TOKEN}\n"),
    (FLOW, f"{JOB}      - run: x # {A_TOKEN}\n"),
    (FLOW, f"{JOB}      - run: |\n          # echo {A_TOKEN}\n          x # {A_TOKEN}\n"),
    (FLOW, f"{JOB}      - if: false\n        run: x\n        env:\n          {A_TOKEN}\n"),
    (FLOW, f"{JOB}      - run: x\n        env:\n          {A_TOKEN}\n        if: ${{{{ false }}}}\n"),
    (FLOW, f"on: push\njobs:\n  a:\n    env:\n      {A_TOKEN}\n    if: false\n    steps: []\n"),
    (FLOW, f"{JOB}      - run: x\n# permissions:\n#      id-token: write\n#   uses: dopplerhq/a\n"),
    ("compose.yaml", f"{COMPOSE}      # A_TOKEN: op://a/b/c\n      B: c # A_TOKEN=op://a/b\n"),
    ("compose.yaml", f"{COMPOSE}      B: c\n# secrets:\n#   A_TOKEN:\n#     external: true\n"),
    ("Dockerfile", "FROM a\n# RUN --mount=type=secret,id=A_TOKEN npm ci\n#ENV A_TOKEN=op://a/b\n"),
    ("Dockerfile", "FROM a\nRUN a && \\\n # --mount=type=secret,id=A_TOKEN\n b\n"),
    ("main.tf", '# data "aws_secretsmanager_secret" "A_TOKEN" {}\n// A_TOKEN = "op://a/b"\n'),
    ("main.tf", '/*\ndata "aws_secretsmanager_secret" "A_TOKEN" {\n}\n A_TOKEN = "op://a/b"\n*/\n'),
    ("main.tf", 'a = "b" # A_TOKEN\nc = "d" // A_TOKEN = "op://a/b"\n'),
    ("chart/values.yaml", "env:\n#  - name: A_TOKEN\n#    valueFrom:\n#      secretKeyRef: {name: a}\n  - name: B\n"),
    ("chart/a.yaml", "{{/*\nenv:\n  - name: A_TOKEN\n    valueFrom:\n      secretKeyRef:\n        name: a\n*/}}\n"),
    ("render.yaml", "envVars:\n  # - key: A_TOKEN\n  #   sync: false\n  - key: B_URL\n"),
    ("a.service", "[Service]\n# LoadCredential=A_TOKEN:/etc/a\n;Environment=A_TOKEN=op://a/b\n"),
    ("fly.toml", "[env]\n  # A_TOKEN = 'x'\n"),
    ("src/application.properties", "# a=${A_TOKEN}\n! b=${A_TOKEN}\n"),
    ("src/application.yml", "# a: ${A_TOKEN}\nb: c # ${A_TOKEN}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text"), DEAD, ids=range(len(DEAD)))
def test_what_is_not_live_names_nothing(tmp_path: Path, path: str, text: str) -> None:
    found = settings_of(tmp_path / "p", {path: text})
    assert [(use.kind, use.location.line) for use in found.stores] == []
    assert found.cloud_keys == ()
    assert [read.name for read in found.reads] == []
    assert found.listed_in("A_TOKEN") == ()


LIVE = [
    (FLOW, f"{JOB}      - run: x 'it # is' \"#\"\n        env:\n          {A_TOKEN} # why\n", 8),
    (FLOW, f"{JOB}      - run: it's fine\n        with: # what\n          {A_TOKEN}\n", 8),
    (FLOW, f"{JOB}      - run: |\n          echo '# {A_TOKEN}'\n", 7),
    (FLOW, f"{JOB}      - if: false\n        run: x\n      - env:\n          {A_TOKEN}\n", 9),
    (FLOW, f"{JOB}      - env:\n          {A_TOKEN}\n      - run: x\n        if: false\n", 7),
    (FLOW, f"{JOB}      - if: false || true\n        env:\n          {A_TOKEN}\n", 8),
    ("compose.yaml", f"{COMPOSE}      # why\n      A_TOKEN: \"op://a/#b/c\"\n", 5),
    ("main.tf", 'u = "https://a.example/*"\nA_TOKEN = "op://a/b"\n# */\n', 2),
    ("render.yaml", "envVars:\n  - key: A_TOKEN # why\n    sync: false\n", 3),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "line"), LIVE, ids=range(len(LIVE)))
def test_what_is_live_counts(tmp_path: Path, path: str, text: str, line: int) -> None:
    found = settings_of(tmp_path / "p", {path: text})
    assert [(use.name, use.location.line) for use in found.stores] == [("A_TOKEN", line)]
    assert found.listed_in("A_TOKEN") == (path,)


@pytest.mark.parametrize("path", [".env.example", "README.md"])
def test_documentation_may_name_a_setting_in_a_comment(tmp_path: Path, path: str) -> None:
    found = settings_of(tmp_path / "p", {path: "# `A_TOKEN=` is optional\n"})
    assert found.listed_in("A_TOKEN", (ListingKind.EXAMPLE, ListingKind.DOCS)) == (path,)


@pytest.mark.parametrize("path", ["a.yaml", "a.tf", "a.json", "Dockerfile"])
@pytest.mark.parametrize("text", ["/*" * 50_000, "'" * 50_000, " #" * 50_000, "{{/*" * 50_000, '"\\' * 50_000])
def test_hostile_text_keeps_its_lines(path: str, text: str) -> None:
    assert live(path, f"{text}\na\n").count("\n") == 2


def test_a_store_in_a_comment_of_code_is_none(tmp_path: Path) -> None:
    dead = "# keyring.get_password('a', 'b')\n"
    assert settings_of(tmp_path / "p", {"a.py": dead}).stores == ()
    found = settings_of(tmp_path / "q", {"a.py": f"{dead}keyring.get_password('a', 'b')\n"})
    assert [use.location.line for use in found.stores] == [2]


def test_a_switched_off_job_does_not_take_the_next_along() -> None:
    text = f"on: push\njobs:\n  a:\n    if: false\n    env:\n      {A_TOKEN}\n  b:\n    env:\n      {A_TOKEN}\n"
    data = text.encode()
    entry = FileEntry(path=FLOW, size=len(data), mtime_ns=0, inode=0, kind=FileKind.SOURCE, tracked=True)
    value = DeployedSecrets().analyse(Source(entry, data)).value
    assert [row[:3] for row in value["uses"]] == [["GitHub Actions secret", 9, "A_TOKEN"]]
