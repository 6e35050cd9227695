"""What deployment files say of secrets: which store gives them, which they write down; never the value."""

from __future__ import annotations

import base64
import json

import pytest

from shipworthy.facts.settings.deployed_analyser import DeployedSecrets
from shipworthy.facts.settings.deployed_rows import aside
from shipworthy.project import FileEntry, FileKind, Source

OWN = "".join(("Tulip", "7wagon", "Moss"))
"""A password of somebody's own: no stand-in and no token."""
B64 = base64.b64encode(OWN.encode()).decode()


def read(path: str, text: str) -> dict[str, list[object]]:
    data = text.encode()
    entry = FileEntry(path=path, size=len(data), mtime_ns=0, inode=0, kind=FileKind.SOURCE, tracked=True)
    analyser = DeployedSecrets()
    assert analyser.wants(entry)
    record = analyser.analyse(Source(entry, data)).value
    assert OWN not in json.dumps(record)
    assert B64 not in json.dumps(record)
    return record or {"uses": [], "written": [], "cloud_keys": [], "handed": [], "reads": []}


SECRET = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n"
CONTAINER = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  containers:\n    - name: web\n      env:\n"
KNATIVE = "apiVersion: serving.knative.dev/v1\nkind: Service\nspec:\n  env:\n"
COMPOSE = "services:\n  web:\n    image: shop\n    environment:\n"
WORKFLOW = "on: push\njobs:\n  a:\n    steps:\n      - run: deploy\n        env:\n"

WRITTEN: list[tuple[str, str, list[tuple[str, str, bool]]]] = [
    ("k8s/a.yaml", SECRET + f"data:\n  db-password: {B64}\n", [("db-password", "kubernetes-secret", False)]),
    ("k8s/a.yaml", SECRET + f"stringData:\n  API_TOKEN: '{OWN}'\n", [("API_TOKEN", "kubernetes-secret", False)]),
    ("k8s/a.yaml", SECRET + "stringData:\n  API_TOKEN: changeme\n", [("API_TOKEN", "kubernetes-secret", True)]),
    ("k8s/a.yaml", SECRET + "stringData:\n  API_TOKEN: {{ .Values.token }}\n", []),
    ("k8s/a.yaml", SECRET + "stringData:\n  API_TOKEN: ENC[AES256_GCM,data:x]\nsops:\n  mac: x\n", []),
    ("k8s/a.yaml", SECRET + f"data:\n  username: {B64}\n", []),
    ("a.yaml", f"kind: ConfigMap\n---\n{SECRET}data:\n  password: {B64}\n", [("password", "kubernetes-secret", False)]),
    (
        "k8s/kustomization.yaml",
        f"secretGenerator:\n- name: a\n  literals:\n  - DB_PASSWORD={OWN}\n",
        [("DB_PASSWORD", "kubernetes-secret", False)],
    ),
    (
        "k8s/b.yaml",
        CONTAINER + f"        - name: DB_PASSWORD\n          value: {OWN}\n",
        [("DB_PASSWORD", "manifest", False)],
    ),
    ("k8s/b.yaml", CONTAINER + f"        - name: DB_NAME\n          value: {OWN}\n", []),
    ("compose.yaml", COMPOSE + f"      DB_PASSWORD: {OWN}\n", [("DB_PASSWORD", "compose", False)]),
    ("compose.yaml", COMPOSE + f"      - DB_PASSWORD={OWN}\n", [("DB_PASSWORD", "compose", False)]),
    ("compose.yaml", COMPOSE + "      DB_PASSWORD: postgres\n", [("DB_PASSWORD", "compose", True)]),
    ("compose.yaml", COMPOSE + "      DB_PASSWORD: ${DB_PASSWORD}\n", []),
    ("compose.yaml", COMPOSE + "      DB_PASSWORD: ${DB_PASSWORD:?set it}\n", []),
    ("compose.yaml", COMPOSE + f"      DB_PASSWORD: ${{DB_PASSWORD:-{OWN}}}\n", [("DB_PASSWORD", "compose", False)]),
    ("compose.prod.yaml", COMPOSE + f"      DB_PASSWORD: {OWN}\n", [("DB_PASSWORD", "manifest", False)]),
    (
        "compose.yaml",
        COMPOSE + f"      DATABASE_URL: postgres://app:{OWN}@db/app\n",
        [("DATABASE_URL", "compose", False)],
    ),
    ("compose.yaml", COMPOSE + "      DATABASE_URL: postgres://db/app\n", []),
    ("Dockerfile", f"FROM a\nENV API_TOKEN={OWN}\n", [("API_TOKEN", "image", False)]),
    ("Dockerfile", f'FROM a\nENV A=1 \\\n    API_TOKEN="{OWN}"\n', [("API_TOKEN", "image", False)]),
    ("Dockerfile", f"FROM a AS base\nENV API_TOKEN={OWN}\nFROM base\n", [("API_TOKEN", "image", False)]),
    ("Dockerfile", f"FROM a AS build\nENV API_TOKEN={OWN}\nFROM b\n", [("API_TOKEN", "build", False)]),
    ("Dockerfile", f"FROM a\nARG API_TOKEN={OWN}\n", [("API_TOKEN", "build", False)]),
    ("Dockerfile", "FROM a\nENV SECRET_KEY=dummy\n", [("SECRET_KEY", "image", True)]),
    ("Dockerfile", "FROM a\nARG API_TOKEN\nENV NEXT_PUBLIC_API_KEY=abc\n", []),
    ("main.tf", f'variable "db_password" {{\n  default = "{OWN}"\n}}\n', [("db_password", "terraform", False)]),
    ("main.tf", f'resource "a" "b" {{\n  password = "{OWN}"\n}}\n', [("password", "terraform", False)]),
    ("main.tf", 'resource "a" "b" {\n  password = "${var.p}"\n  username = "app"\n}\n', []),
    ("prod.tfvars", f'db_password = "{OWN}"\n', [("db_password", "terraform", False)]),
    ("group_vars/all.yml", f"mysql_root_password: {OWN}\n", [("mysql_root_password", "ansible", False)]),
    ("group_vars/all.yml", 'db_password: "{{ vault_db_password }}"\n', []),
    ("site.yml", f"- hosts: all\n  vars:\n    db_password: {OWN}\n  tasks: []\n", [("db_password", "ansible", False)]),
    ("chart/values.yaml", f"db:\n  password: {OWN}\n", [("password", "helm-values", False)]),
    ("chart/values.yaml", 'db:\n  password: ""\n  existingSecret: app-db\n  secret: app-db\n', []),
    ("a.service", f"[Service]\nEnvironment=API_TOKEN={OWN}\n", [("API_TOKEN", "service-unit", False)]),
    ("render.yaml", f"envVars:\n  - key: API_TOKEN\n    value: {OWN}\n", [("API_TOKEN", "manifest", False)]),
    ("app.yaml", f"env_variables:\n  API_TOKEN: '{OWN}'\n", [("API_TOKEN", "manifest", False)]),
    ("a-task-def.json", f'[{{"name": "API_TOKEN", "value": "{OWN}"}}]', [("API_TOKEN", "manifest", False)]),
    (
        "src/application.properties",
        f"spring.datasource.password={OWN}\n",
        [("spring.datasource.password", "manifest", False)],
    ),
]


@pytest.mark.parametrize(("path", "text", "expected"), WRITTEN, ids=range(len(WRITTEN)))
def test_what_is_written_down(path: str, text: str, expected: list[tuple[str, str, bool]]) -> None:
    assert [(row[0], row[2], row[3]) for row in read(path, text)["written"]] == expected  # type: ignore[index]  # JSON


USES: list[tuple[str, str, list[tuple[str, str]]]] = [
    (
        "k8s/b.yaml",
        CONTAINER
        + "        - name: DB_PASSWORD\n          valueFrom:\n            secretKeyRef:\n              name: x\n",
        [("Kubernetes secret", "DB_PASSWORD")],
    ),
    (
        "k8s/b.yaml",
        CONTAINER.replace("env:", "envFrom:") + "        - secretRef:\n            name: x\n",
        [("Kubernetes secret", "")],
    ),
    (
        "k8s/c.yaml",
        "apiVersion: x\nkind: ExternalSecret\nspec:\n  data:\n  - secretKey: API_TOKEN\n    remoteRef:\n      key: a\n",
        [("Kubernetes external secret", "API_TOKEN")],
    ),
    (
        "k8s/c.yaml",
        "apiVersion: x\nkind: SealedSecret\nspec:\n  encryptedData:\n    API_TOKEN: AgB\n",
        [("Kubernetes sealed secret", "API_TOKEN")],
    ),
    (
        "service.yaml",
        KNATIVE + "  - name: API_TOKEN\n    valueFrom:\n      secretKeyRef:\n        key: latest\n",
        [("Google Secret Manager", "API_TOKEN")],
    ),
    (
        "compose.yaml",
        COMPOSE + "      DB_PASSWORD_FILE: /run/secrets/db\nsecrets:\n  db:\n    external: true\n",
        [("Docker secret", "DB_PASSWORD"), ("Docker secret", "")],
    ),
    ("render.yaml", "envVars:\n  - key: API_TOKEN\n    sync: false\n", [("secret held by the platform", "API_TOKEN")]),
    (
        "apphosting.yaml",
        "env:\n  - variable: API_TOKEN\n    secret: token\n",
        [("secret held by the platform", "API_TOKEN")],
    ),
    (
        "serverless.yml",
        "provider:\n  environment:\n    API_TOKEN: ${ssm:/shop/token}\n",
        [("AWS Parameter Store", "API_TOKEN")],
    ),
    (
        "template.yaml",
        "Environment:\n  Variables:\n    API_TOKEN: '{{resolve:secretsmanager:shop:SecretString:a}}'\n",
        [("AWS Secrets Manager", "API_TOKEN")],
    ),
    (
        "task-definition.json",
        '{"secrets": [{"name": "API_TOKEN", "valueFrom": "arn:aws:secretsmanager:eu-west-1:1:secret:a"}]}',
        [("AWS Secrets Manager", "API_TOKEN")],
    ),
    ("main.tf", 'data "aws_secretsmanager_secret_version" "a" {\n}\n', [("AWS Secrets Manager", "")]),
    ("group_vars/a/vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n", [("Ansible Vault", "")]),
    (
        "group_vars/a.yml",
        "api_token: !vault |\n  $ANSIBLE_VAULT;1.1\n  6162\n",
        [("Ansible Vault", "api_token")],
    ),
    ("a.service", "[Service]\nLoadCredential=token:/etc/a\n", [("a systemd credential", "token")]),
    ("Dockerfile", "FROM a\nRUN --mount=type=secret,id=npm npm ci\n", [("a secret of the build step", "npm")]),
    (
        ".github/workflows/a.yml",
        WORKFLOW + "          A_TOKEN: ${{ secrets.A_TOKEN }}\n          G: ${{ secrets.GITHUB_TOKEN }}\n",
        [("GitHub Actions secret", "A_TOKEN")],
    ),
]


@pytest.mark.parametrize(("path", "text", "expected"), USES, ids=range(len(USES)))
def test_which_store_gives_it(path: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(row[0], row[2]) for row in read(path, text)["uses"]] == expected  # type: ignore[index]  # JSON


def test_a_stored_cloud_key_of_the_pipeline() -> None:
    text = WORKFLOW + "          AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\n"
    assert read(".github/workflows/a.yml", text)["cloud_keys"] == [["AWS_SECRET_ACCESS_KEY", 7]]


def test_a_build_argument_that_stays_in_the_image() -> None:
    assert read("Dockerfile", "FROM a\nARG API_TOKEN\nENV API_TOKEN=$API_TOKEN\n")["handed"] == [["API_TOKEN", 3]]


def test_placeholders_of_spring_are_reads() -> None:
    rows = read("src/application.yml", "spring:\n  a: ${DB_PASSWORD}\n  b: ${DB_HOST:localhost}\n")["reads"]
    assert rows == [["DB_PASSWORD", 2, "Spring placeholder", "none"], ["DB_HOST", 3, "Spring placeholder", "localhost"]]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("compose.yaml", False),
        ("docker-compose.dev.yml", True),
        ("compose.override.yaml", True),
        ("k8s/production/secret.yaml", False),
        ("k8s/overlays/dev/secret.yaml", True),
        ("examples/k8s/secret.yaml", True),
        ("tests/secret.yaml", True),
        ("Dockerfile.dev", True),
        ("secret.yaml.example", True),
        ("dev/prod/a.yaml", False),
        ("k8s/device-registry.yaml", False),
        ("Taskfile.yml", True),
        (".gitlab-ci.yml", False),
        ("compose-ci.yml", True),
    ],
)
def test_what_is_for_ones_own_machine(path: str, expected: bool) -> None:
    assert aside(path) is expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "secret:\n" + "- " * 200_000 + "a: b\n"),
        ("b.yaml", "token:\n" + "\n".join(" " * depth + f"k{depth}:" for depth in range(600))),
        ("Dockerfile", "FROM a\nRUN " + "--mount=type=secret," * 20_000),
        ("c.yaml", "password: " + "://" * 100_000),
        ("main.tf", 'password = "' + "\\" * 100_000),
        (".github/workflows/d.yml", "".join(f"${{{{ secrets.A{number} }}}} " for number in range(20_000))),
    ],
    ids=range(6),
)
def test_hostile_text_is_read_in_bounded_time(path: str, text: str) -> None:
    found = read(path, text)
    assert len(found["uses"]) <= 500
