"""What a YAML file of a deployment says of secrets: which store gives them, and which it writes down itself."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from shipworthy.facts.settings import stores
from shipworthy.facts.settings.deployed_rows import Deployed, aside, is_database, production, secret_value
from shipworthy.facts.settings.model import WrittenIn
from shipworthy.facts.settings.yaml_lines import Line, documents
from shipworthy.project import FileEntry

_ENVIRONMENT = {
    "env", "environment", "envVars", "env_variables", "Variables", "environmentVariables", "environment_variables",
    "envs", "extraEnv", "extraEnvVars", "build_env_variables", "container_env",
}  # fmt: skip
_NAMES = ("name", "key", "variable")
_VAULTED = "!vault"
_PLATFORM = "secret held by the platform"
_HELD = {("sync", "false"), ("generateValue", "true"), ("type", "SECRET")}
_ANSIBLE = re.compile(r"(?:^|/)(?:group_vars|host_vars)/|(?:^|/)roles/[^/]+/(?:vars|defaults)/|(?:^|/)ansible/")
_VALUES = re.compile(r"^(?:[\w.-]*[._-])?values(?:[._-][\w.-]+)?\.ya?ml$")
_COMPOSE = ("docker-compose*.y*ml", "compose*.y*ml", "docker-stack*.y*ml", "*.compose.y*ml")
_CI = (
    ".github/workflows/*.y*ml", ".gitlab-ci.yml", ".circleci/*.yml", "azure-pipelines*.yml", "bitbucket-pipelines.yml",
    ".github/actions/*/action.y*ml", ".drone.yml", ".woodpecker*", "buildspec*.y*ml",
)  # fmt: skip
_GITHUB = re.compile(r"\$\{\{\s{0,4}secrets\.([A-Za-z_]\w{0,99})")
_CLOUD_KEYS = re.compile(
    r"\$\{\{\s{0,4}secrets\.(\w{0,40}AWS_SECRET_ACCESS_KEY\w{0,40}|AZURE_CREDENTIALS|(?:GCP|GCLOUD|GKE|GOOGLE)_\w{0,40}"
    r"(?:CREDENTIALS|SA_KEY|KEY|JSON)\w{0,20})\s{0,4}\}\}"
)
_ASKED = re.compile(
    r"uses:\s*(?:hashicorp/vault-action|1password/load-secrets-action|dopplerhq/|[Ii]nfisical/secrets-action"
    r"|bitwarden/sm-action|aws-actions/aws-secretsmanager-get-secrets|google-github-actions/get-secretmanager-secrets)"
)
_KINDS = {
    "ExternalSecret": "Kubernetes external secret",
    "ClusterExternalSecret": "Kubernetes external secret",
    "SealedSecret": "Kubernetes sealed secret",
    "SecretProviderClass": "Kubernetes secrets store driver",
    "VaultStaticSecret": "HashiCorp Vault",
    "VaultDynamicSecret": "HashiCorp Vault",
    "InfisicalSecret": "Infisical",
    "DopplerSecret": "Doppler",
    "OnePasswordItem": "1Password",
    "BitwardenSecret": "Bitwarden Secrets Manager",
    "AzureKeyVaultSecret": "Azure Key Vault",
}


def read(entry: FileEntry, text: str) -> Deployed:
    """Everything one file says."""
    found = Deployed(aside=aside(entry.path))
    if text.startswith("$ANSIBLE_VAULT;"):
        found.uses.append(("Ansible Vault", 1, "", False))
        return found
    if entry.matches(*_CI):
        _pipeline(text, found)
        return found
    ansible = bool(_ANSIBLE.search(entry.path))
    for lines in documents(text):
        top = {line.key: line.value for line in reversed(lines) if not line.parents and line.key}
        if "sops" in top:
            found.use("SOPS", next(line.number for line in lines if line.key == "sops" and not line.parents))
        kind = top.get("kind", "") if "apiVersion" in top or "kind" in top else ""
        if kind == "Secret":
            _secret(lines, found)
        elif kind in _KINDS:
            _custom(kind, lines, found)
        elif entry.matches(*_COMPOSE):
            _compose(lines, found, production(entry.path))
        elif ansible or ("hosts" in {line.key for line in lines if not line.parents} and "tasks" in top):
            _literals(lines, found, WrittenIn.ANSIBLE)
        elif _VALUES.match(entry.name):
            _literals(lines, found, WrittenIn.HELM)
        _environments(lines, found, compose=entry.matches(*_COMPOSE), values=bool(_VALUES.match(entry.name)))
    return found


def _pipeline(text: str, found: Deployed) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        for match in _GITHUB.finditer(line):
            if match[1] != "GITHUB_TOKEN":
                found.use("GitHub Actions secret", number, match[1], build_only=True)
        key = _CLOUD_KEYS.search(line)
        if key:
            found.cloud_keys.append((key[1], number))
        if re.match(r"\s*id-token:\s*write|\s*id_tokens:\s*$|\s*oidc:\s*true", line):
            found.use("cloud role without a stored key (OIDC)", number, build_only=True)
        if _ASKED.search(line):
            found.use("a store asked by the pipeline", number, build_only=True)


def _secret(lines: list[Line], found: Deployed) -> None:
    encrypted = any(line.key == "sops" and not line.parents for line in lines)
    for line in lines:
        if line.parents not in (("data",), ("stringData",)) or encrypted:
            continue
        value = _decoded(line.value) if line.parents == ("data",) else line.value
        if stores.kept_by(value):
            found.use(stores.kept_by(value) or "", line.number, line.key)
        elif value[:1] in ("|", ">"):
            # A whole file: what is in it, the scanner of secrets says.
            continue
        else:
            found.write(line.key, line.number, WrittenIn.KUBERNETES, value)


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace").strip()
    except (binascii.Error, ValueError):
        return value


def _custom(kind: str, lines: list[Line], found: Deployed) -> None:
    named = False
    for line in lines:
        under = line.parents[-1] if line.parents else ""
        name = line.value if line.key in ("secretKey", "secretName") and under in ("data", "objects") else ""
        name = line.key if under == "encryptedData" else name
        if name:
            named = True
            found.use(_KINDS[kind], line.number, name)
    if not named:
        found.use(_KINDS[kind], next((line.number for line in lines if line.key == "kind"), 1))


def _compose(lines: list[Line], found: Deployed, for_production: bool) -> None:
    images = {line.parents[1]: line.value for line in lines if line.key == "image" and len(line.parents) == 2}
    for line in lines:
        if line.key == "secrets" and not line.parents:
            found.use("Docker secret", line.number)
        if len(line.parents) < 3 or line.parents[0] != "services" or line.parents[-1] not in ("environment", "args"):
            continue
        name, value = (line.key, line.value) if line.key else _pair(line.value)
        where = WrittenIn.MANIFEST if for_production else WrittenIn.COMPOSE
        kept = stores.kept_by(value)
        if kept:
            found.use(kept, line.number, name.removesuffix("_FILE"))
        elif name:
            fallback = re.match(r"\$\{[A-Za-z_]\w*:?-([^${}]*)\}$", value)
            database = is_database(images.get(line.parents[1], ""))
            found.write(name, line.number, where, fallback[1] if fallback else value, database=database)


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return (name.strip(), value.strip().strip("\"'")) if re.fullmatch(r"[A-Za-z_]\w{0,99}", name.strip()) else ("", "")


def _literals(lines: list[Line], found: Deployed, where: WrittenIn) -> None:
    for line in lines:
        if line.value.startswith(_VAULTED):
            found.use("Ansible Vault", line.number, line.key)
        elif line.key and secret_value(line.key, line.value):
            found.write(line.key, line.number, where, line.value)
        elif "lookup(" in line.value and re.search(r"hashi_vault|aws_secret|aws_ssm|onepassword|bitwarden", line.value):
            found.use("a store asked by Ansible", line.number, line.key)


def _environments(lines: list[Line], found: Deployed, *, compose: bool, values: bool) -> None:
    """Entries of an environment: `NAME: value`, or a list of name and value, or of name and where it comes from."""
    cloud_run = any(line.key == "apiVersion" and "knative" in line.value for line in lines)
    platform = "Google Secret Manager" if cloud_run else "Kubernetes secret"
    for entry in _entries(lines):
        own = entry[0].parents
        name = next((line.value for line in entry if line.key in _NAMES and line.parents == own), "")
        for line in entry:
            held = (line.key, line.value) in _HELD or line.key == "fromDatabase"
            if line.key in ("secretKeyRef", "secretRef"):
                found.use(platform, line.number, name)
            elif line.key == "valueFrom" and line.value:
                found.use(stores.kept_by(line.value) or _PLATFORM, line.number, name)
            elif held or (line.key == "secret" and name and "volumes" not in line.parents):
                found.use(_PLATFORM, line.number, name)
            elif line.key == "value" and name and not compose and not values:
                _given(name, line, found)
    for line in lines:
        if line.parents[-1:] and line.parents[-1] in _ENVIRONMENT and line.key not in _NAMES and not compose:
            if line.key and not values and line.key != "value":
                _given(line.key, line, found)
            elif not line.key and "=" in line.value:
                name, value = _pair(line.value)
                _given(name, line._replace(value=value), found)
        elif line.parents == ("secretGenerator", "literals") and not line.key:
            name, value = _pair(line.value)
            found.write(name, line.number, WrittenIn.KUBERNETES, value)
        elif line.key == "secretRef" and "envFrom" in line.parents:
            found.use("Kubernetes secret", line.number)
        elif line.key == "availableSecrets" and not line.parents:
            found.use("Google Secret Manager", line.number, build_only=True)


def _given(name: str, line: Line, found: Deployed) -> None:
    kept = stores.kept_by(line.value)
    if kept:
        found.use(kept, line.number, name)
    elif name:
        found.write(name, line.number, WrittenIn.MANIFEST, line.value)


def _entries(lines: list[Line]) -> Iterator[list[Line]]:
    """Runs of lines that belong to one item of a list, with what lies below it."""
    entry: list[Line] = []
    for line in lines:
        if entry and line.item != entry[0].item:
            yield entry
            entry = []
        if line.item:
            entry.append(line)
    if entry:
        yield entry
