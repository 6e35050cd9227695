"""What images, Terraform, service units and Spring's properties say of secrets, read as text."""

from __future__ import annotations

import re

from shipworthy.facts.secrets.names import PUBLIC_PREFIX
from shipworthy.facts.settings import stores
from shipworthy.facts.settings.defaults import of_text
from shipworthy.facts.settings.deployed_rows import Deployed, is_database
from shipworthy.facts.settings.model import WrittenIn
from shipworthy.facts.settings.names import secret_name

_FROM = re.compile(r"FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.I)
_PAIR = re.compile(r"([A-Za-z_]\w{0,99})=(\"(?:[^\"\\]|\\.)*\"|'[^']*'|(?:[^\s\\]|\\.)*)")
_MOUNTED = re.compile(r"--mount=type=secret,(?:[^\s]{0,200},)?id=([\w.-]+)")

_ASSIGNED = re.compile(r"^\s*\"?([A-Za-z_][\w-]{0,99})\"?\s*[=:]\s*\"([^\"\n]*)\"")
_VARIABLE = re.compile(r"^\s*variable\s+\"([\w-]{1,100})\"\s*\{")
_BLOCK = re.compile(r"^\s*(?:data|resource|ephemeral)\s+\"([\w-]{1,100})\"")
_TERRAFORM = (
    ("AWS Secrets Manager", ("aws_secretsmanager_",)),
    ("AWS Parameter Store", ("aws_ssm_parameter",)),
    ("Google Secret Manager", ("google_secret_manager_",)),
    ("Azure Key Vault", ("azurerm_key_vault_secret",)),
    ("HashiCorp Vault", ("vault_",)),
    ("1Password", ("onepassword_",)),
    ("Doppler", ("doppler_secret",)),
    ("Infisical", ("infisical_secret",)),
    ("SOPS", ("sops_file",)),
    ("Bitwarden Secrets Manager", ("bitwarden_secret", "bitwarden-secrets_secret")),
    ("Akeyless", ("akeyless_",)),
    ("Kubernetes secret", ("kubernetes_secret",)),
)
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][\w.-]{0,99})(?::([^${}]*))?\}")
_UPPER = re.compile(r"[A-Z][A-Z0-9_]+")


def read_image(text: str, found: Deployed) -> None:
    """A Dockerfile: `ENV` and `ARG` with a literal, secrets handed to a build step, secrets handed as an argument."""
    stages: list[tuple[str, str]] = []
    rows: list[tuple[int, str, int, str, str]] = []
    for number, line in _joined(text):
        word, _, rest = line.strip().partition(" ")
        if word.upper() == "FROM":
            match = _FROM.match(line.strip())
            stages.append((match[1], (match[2] or "").lower()) if match else ("", ""))
        elif word.upper() in ("ENV", "ARG"):
            pairs = [(match[1], match[2].strip("\"'")) for match in _PAIR.finditer(rest)]
            if not pairs and word.upper() == "ENV" and " " in rest.strip():
                name, _, value = rest.strip().partition(" ")
                pairs = [(name, value.strip().strip("\"'"))] if name.isidentifier() else []
            rows += [(len(stages) - 1, word.upper(), number, name, value) for name, value in pairs]
        for match in _MOUNTED.finditer(line):
            found.use("a secret of the build step", number, match[1], build_only=True)
    shipped = _shipped(stages)
    for stage, word, number, name, value in rows:
        if word == "ENV" and re.fullmatch(rf"\$\{{?{re.escape(name)}\}}?", value):
            if secret_name(name) and not PUBLIC_PREFIX.match(name) and stage in shipped:
                found.handed.append((name, number))
            continue
        where = WrittenIn.IMAGE if word == "ENV" and stage in shipped else WrittenIn.BUILD
        image = stages[stage][0] if 0 <= stage < len(stages) else ""
        found.write(name, number, where, value, database=is_database(image))


def _shipped(stages: list[tuple[str, str]]) -> set[int]:
    """The last stage and those it is built upon."""
    found: set[int] = set()
    at = len(stages) - 1
    while at >= 0 and at not in found:
        found.add(at)
        base = stages[at][0].lower()
        at = next((number for number in range(at - 1, -1, -1) if stages[number][1] == base), -1)
    return found


def _joined(text: str) -> list[tuple[int, str]]:
    """(first line's number, instruction) with lines that a backslash continues joined."""
    rows: list[tuple[int, str]] = []
    parts: list[str] = []
    first = 1
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip()
        if line.lstrip().startswith("#"):
            continue
        if not parts:
            first = number
        parts.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            rows.append((first, " ".join(parts)))
            parts = []
    return [*rows, (first, " ".join(parts))] if parts else rows


def read_terraform(text: str, found: Deployed, *, values: bool) -> None:
    """Resources of stores, defaults of secret variables, and secrets given as a literal."""
    variable = ""
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith(("#", "//")):
            continue
        block = _BLOCK.match(line)
        if block:
            kind = next((kind for kind, starts in _TERRAFORM if block[1].startswith(starts)), None)
            if kind:
                found.use(kind, number)
        opened = _VARIABLE.match(line)
        if opened:
            variable = opened[1]
        elif line.startswith("}"):
            variable = ""
        match = _ASSIGNED.match(line)
        if opened and not match:
            match = re.search(r"(default)\s*=\s*\"([^\"\n]*)\"", line)
        if match:
            name = variable if match[1] == "default" and variable else match[1]
            if not variable or match[1] == "default":
                found.write(name, number, WrittenIn.TERRAFORM, match[2])
            kept = stores.kept_by(match[2])
            if kept and not values:
                found.use(kept, number, name if secret_name(name) else "")


def read_unit(text: str, found: Deployed) -> None:
    """A systemd unit: credentials, and secrets in `Environment=`."""
    for number, line in enumerate(text.split("\n"), 1):
        credential = re.match(
            r"\s*(?:LoadCredential(?:Encrypted)?|SetCredentialEncrypted|ImportCredential)=([\w.-]+)", line
        )
        if credential:
            found.use("a systemd credential", number, credential[1])
        given = re.match(r"\s*SetCredential=([\w.-]{1,100}):(.+)$", line)
        if given:
            found.write(given[1], number, WrittenIn.UNIT, given[2])
        if re.match(r"\s*Environment=", line):
            for match in _PAIR.finditer(line.partition("=")[2].replace('"', " ").replace("'", " ")):
                found.write(match[1], number, WrittenIn.UNIT, match[2])


def read_spring(text: str, found: Deployed, *, properties: bool) -> None:
    """Spring's placeholders, `${NAME:default}`, are reads of the environment; `key=literal` is written."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith(("#", "!")):
            continue
        for match in _PLACEHOLDER.finditer(line):
            if _UPPER.fullmatch(match[1]):
                default = "none" if match[2] is None else str(of_text(match[2]))
                found.reads.append((match[1], number, "Spring placeholder", default))
        key, sign, value = line.partition("=")
        if properties and sign and re.fullmatch(r"[\w.-]{1,150}", key.strip()):
            found.write(key.strip(), number, WrittenIn.MANIFEST, value)


def read_task(text: str, found: Deployed) -> None:
    """A task definition of Amazon ECS in JSON: `{"name": …, "valueFrom": …}` and `{"name": …, "value": …}`."""
    for match in re.finditer(
        r"\{\s*\"name\"\s*:\s*\"([\w.-]{1,100})\"\s*,\s*\"(valueFrom|value)\"\s*:\s*\"([^\"\n]*)\"\s*,?\s*\}"
        r"|\{\s*\"(valueFrom|value)\"\s*:\s*\"([^\"\n]*)\"\s*,\s*\"name\"\s*:\s*\"([\w.-]{1,100})\"\s*,?\s*\}",
        text,
    ):
        name, how, value = (match[1], match[2], match[3]) if match[1] else (match[6], match[4], match[5])
        number = text.count("\n", 0, match.start()) + 1
        if how == "valueFrom":
            found.use(stores.kept_by(value) or "AWS Parameter Store", number, name)
        else:
            found.write(name, number, WrittenIn.MANIFEST, value)
