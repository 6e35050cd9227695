"""Weak places of other CI systems' files and of scripts anywhere: one row a trick."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.hardening.hardening_reading import CI, read, told

from shipworthy.facts.hardening.images import judged
from shipworthy.facts.hardening.shells import weak_commands

LAB = ".gitlab-ci.yml"
DIGEST = "@sha256:" + "a" * 64
PIN = "a" * 40
JOB = "t:\n  script: make\n"


@pytest.mark.parametrize(
    ("image", "degree"),
    [
        ("node:22", None),
        ("node:22.1-alpine", None),
        ("node" + DIGEST, None),
        ("node:latest" + DIGEST, None),
        ("node", "weak"),
        ("node:latest", "weak"),
        ("registry.example:5000/team/node", "weak"),
        ("registry.example:5000/team/node:3", None),
        ("acme/app:main", "weak"),
        ("$CI_REGISTRY_IMAGE/ci:latest", "remark"),
        ("$CI_REGISTRY_IMAGE/ci:$CI_COMMIT_SHA", None),
        ("gcr.io/$PROJECT_ID/app", "remark"),
        ("gcr.io/cloud-builders/docker", "remark"),
        ("$IMAGE", "ask"),
        ("node:$NODE", "ask"),
        ("node:${NODE_VERSION}", None),
        ("$SET", None),
        ("node:$ALSO_SET", "weak"),
        ("", None),
        ("scratch", None),
    ],
)
def test_images(image: str, degree: str | None) -> None:
    said = judged(image, {"SET": "node:22", "ALSO_SET": "latest"})
    assert (said[0] if said else None) == degree


GET = "curl -sL https://x.example/install.sh"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (f"{GET} | sh", "pipe-to-shell weak"),
        (f"{GET} | sudo -E bash -", "pipe-to-shell weak"),
        (f"{GET} | bash -s -- -b /usr/local/bin", "pipe-to-shell weak"),
        (f"{GET} | tee x | bash", "pipe-to-shell weak"),
        (f"{GET} \\\n  | sh", "pipe-to-shell weak"),
        ("wget -qO- https://x.example | python3 -", "pipe-to-shell weak"),
        (f"bash <({GET})", "pipe-to-shell weak"),
        (f'sh -c "$({GET})"', "pipe-to-shell weak"),
        (f'eval "$({GET})"', "pipe-to-shell weak"),
        (f"source <({GET})", "pipe-to-shell weak"),
        (f"if true; then {GET} | sh; fi", "pipe-to-shell weak"),
        (f"curl -sL https://x.example/{PIN}/install.sh | sh", "pipe-to-shell remark"),
        ("curl -sL https://x.example/v1.2.3/install.sh | sh", "pipe-to-shell remark"),
        ("iwr https://x.example/a.ps1 | iex", "pipe-to-shell weak"),
        ("iex ((New-Object Net.WebClient).DownloadString('https://x.example'))", "pipe-to-shell weak"),
        (f"# {GET} | sh", ""),
        (f"echo '{GET} | sh'", ""),
        (f"{GET} | tar xz", ""),
        (f"{GET} | jq .", ""),
        (f"{GET} | python3 -m json.tool", ""),
        (f"{GET} | python3 -c 'import sys'", ""),
        (f"{GET} -o x", ""),
        ('bash -c "echo $(date)"', ""),
        ("curl -s http://localhost:8080/x | sh", ""),
        ("cat x.sh | sh", ""),
        ("cat .env", "secret-in-log weak"),
        ("cat app/.env.production", "secret-in-log weak"),
        ("sudo cat .env | sort", "secret-in-log weak"),
        ("printenv", "secret-in-log weak"),
        ("env | sort", "secret-in-log weak"),
        ("cat .env.example", ""),
        ("cat .env > app/.env", ""),
        ("cat .env | docker run -i x", ""),
        ("export $(cat .env | xargs)", ""),
        ("env > x", ""),
        ("env A=b make", ""),
        ("printenv HOME", ""),
        ("cat <<E > .env\nA=b\nE", ""),
        ("set -ex\ncurl -H $API_TOKEN https://x.example", "secret-in-log weak"),
        ("set -x\nset +x\necho $API_TOKEN", ""),
        ("set -x\nmake", ""),
        ("set -e\necho $API_TOKEN", ""),
    ],
)
def test_scripts(script: str, expected: str) -> None:
    found = weak_commands("make\n" + script)
    assert found is not None
    assert [f"{each.rule} {each.degree} {each.row}" for each in found] == ([f"{expected} 1"] if expected else [])


@pytest.mark.parametrize(
    "text", ["$(" * 500, "(" * 1000, "a | " * 1000, '"' + "$(x " * 300, "\0", "${{ x\n}}\nmake", ""]
)
def test_odd_scripts_end(text: str) -> None:
    assert weak_commands(text) in ([], None)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (LAB, JOB, []),
        (LAB, "image: node:22\n" + JOB, []),
        (LAB, "image: node\n" + JOB, ["unpinned-image weak 1"]),
        (LAB, "t:\n  image: {name: 'node:latest', entrypoint: ['']}\n  script: make\n", ["unpinned-image weak 2"]),
        (LAB, "t:\n  services: [postgres]\n  script: make\n", ["unpinned-image remark 2"]),
        (LAB, "variables: {IMAGE: 'node:22'}\nimage: $IMAGE\n" + JOB, []),
        (LAB, "t:\n  variables: {image: node}\n  script: make\n", []),
        (LAB, f"t:\n  script:\n    - make\n    - {GET} | sh\n", ["pipe-to-shell weak 4"]),
        (LAB, "t:\n  script: |\n    make\n    cat .env\n", ["secret-in-log weak 4"]),
        (LAB, "include: https://x.example/a.yml\n" + JOB, ["remote-include weak 1"]),
        (LAB, "include:\n  - remote: https://x.example/a.yml\n" + JOB, ["remote-include weak 2"]),
        (LAB, f"include:\n  - remote: https://x.example/{PIN}/a.yml\n" + JOB, ["remote-include remark 2"]),
        (LAB, "include:\n  - {remote: 'https://x.example/a.yml', integrity: sha256-x}\n" + JOB, []),
        (LAB, "include:\n  - {project: acme/ci, file: a.yml}\n" + JOB, ["remote-include weak 2"]),
        (LAB, "include:\n  - {project: acme/ci, file: a.yml, ref: main}\n" + JOB, ["remote-include weak 2"]),
        (LAB, "include:\n  - {project: acme/ci, file: a.yml, ref: v2}\n" + JOB, ["remote-include remark 2"]),
        (LAB, f"include:\n  - {{project: acme/ci, file: a.yml, ref: {PIN}}}\n" + JOB, []),
        (LAB, "include:\n  - component: x.example/acme/c/a@~latest\n" + JOB, ["remote-include weak 2"]),
        (LAB, "include:\n  - component: x.example/acme/c/a@1.2.3\n" + JOB, []),
        (LAB, "include:\n  - template: Jobs/SAST.gitlab-ci.yml\n" + JOB, []),
        (".circleci/config.yml",
         ("version: 2.1\norbs: {a: acme/a@1.2.3, b: acme/b@1, c: acme/c@volatile, d: circleci/node@5}\n"
         "jobs:\n  build:\n    docker: [{image: cimg/base}]\n    steps: [checkout, run: make]\n"),
         ["unpinned-image weak 5", "unpinned-orb remark 2", "unpinned-orb weak 2", "unpinned-orb weak 2"]),
        (".circleci/config.yml", "version: 2.1\njobs: {build: {machine: {image: default}, steps: [run: make]}}\n",
         []),
        ("azure-pipelines.yml",
         ("trigger: [main]\nresources:\n  repositories:\n    - {repository: t, type: github, name: acme/t}\n"
         "    - {repository: unused, type: github, name: acme/u}\npool: {vmImage: ubuntu-latest}\n"
         "steps:\n  - template: a.yml@t\n  - script: make\n"),
         ["remote-include weak 4"]),
        ("azure-pipelines.yml",
         ("trigger: [main]\nresources:\n  repositories:\n    - {repository: t, type: github, ref: refs/tags/v1}\n"
         "pool: {vmImage: ubuntu-latest}\nsteps:\n  - template: a.yml@t\n"),
         ["remote-include remark 4"]),
        ("azure-pipelines.yml",
         "trigger: [main]\npool: {vmImage: ubuntu-latest}\ncontainer: acme/x:latest\nsteps:\n  - bash: printenv\n",
         ["secret-in-log weak 5", "unpinned-image weak 3"]),
        ("bitbucket-pipelines.yml",
         ("image: node:22\npipelines:\n  default:\n    - step:\n        script:\n          - cat .env\n"
         "          - pipe: acme/deploy:1.2.3\n          - pipe: docker://acme/x\n"),
         ["secret-in-log weak 6", "unpinned-image weak 8"]),
        (".drone.yml",
         ("kind: pipeline\ntype: docker\nname: a\nsteps:\n  - {name: a, image: plugins/docker}\n"
         "  - {name: b, image: 'node:22', commands: [make]}\n"), ["unpinned-image weak 5"]),
        (".woodpecker.yml", "steps:\n  a: {image: node, commands: [make]}\n", ["unpinned-image weak 2"]),
        (".buildkite/pipeline.yml",
         "steps:\n  - command: make\n    plugins:\n      - docker#v5.1.0: {image: node}\n      - acme/x: {}\n",
         ["remote-include weak 5", "unpinned-image weak 4"]),
        ("cloudbuild.yaml",
         "steps:\n  - {name: gcr.io/cloud-builders/docker, args: [build, .]}\n  - {name: node, args: [npm, test]}\n",
         ["unpinned-image remark 2", "unpinned-image weak 3"]),
        ("Jenkinsfile",
         ("pipeline {\n  agent { docker { image 'node' } }\n  // image 'x'\n  stages { stage('a') { steps {\n"
         f"    sh '{GET} | sh'\n  }} }} }}\n}}\n"),
         ["pipe-to-shell weak 5", "unpinned-image weak 2"]),
        (".travis.yml", f"language: node_js\nscript: make\nbefore_install: {GET} | sh\n", ["pipe-to-shell weak 3"]),
    ],
)  # fmt: skip
def test_systems(tmp_path: Path, path: str, text: str, expected: list[str]) -> None:
    found = read(tmp_path, {path: text})
    assert (told(found.weaknesses), found.not_understood, found.engine) == (expected, (), None)
    assert found.files == (path,)


def test_included_files_count(tmp_path: Path) -> None:
    files = {LAB: "include: /ci/a.yml\n" + JOB, "ci/a.yml": "u:\n  image: node\n  script: printenv\n"}
    found = read(tmp_path, files)
    assert [(row.path, row.rule, row.line) for row in found.weaknesses] == [
        ("ci/a.yml", "unpinned-image", 2),
        ("ci/a.yml", "secret-in-log", 3),
    ]


@pytest.mark.parametrize(
    ("path", "text"), [("appveyor.yml", "x: 1\n"), (LAB, "a: [\n"), (".circleci/config.yml", "- x\n")]
)
def test_systems_that_are_not_understood(tmp_path: Path, path: str, text: str) -> None:
    found = read(tmp_path, {path: text})
    assert path in {row.path for row in found.not_understood}
    assert found.files == ()


def test_no_secret_is_told(tmp_path: Path) -> None:
    token = "sk" + "_live_" + "4eC39HqLyjWDarjtT1zdp7dcXmVbK2pQ"
    line = f"curl -H 'Authorization: Bearer {token}' https://x.example | sh"
    text = f'on: push\npermissions: {{}}\njobs: {{a: {{runs-on: x, steps: [{{run: "{line}"}}]}}}}\n'
    found = read(tmp_path, {CI: text, LAB: f"t:\n  script:\n    - >-\n      {line}\n"})
    assert [row.rule for row in found.weaknesses] == ["pipe-to-shell", "pipe-to-shell"]
    assert token[8:] not in repr(found)
