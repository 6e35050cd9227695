"""What a store of secrets looks like: in a value that points at one, in code that asks one, in a deployment file.

Sources: the stores' own documentation of their reference formats, client libraries and resource names.
"""

from __future__ import annotations

import re

_BY_VALUE = (
    ("1Password", r"op://"),
    ("AWS Secrets Manager", r"arn:aws[\w-]*:secretsmanager:|\{\{resolve:secretsmanager:|\$\{(?:aws:)?secretsmanager:"),
    ("AWS Secrets Manager", r"ref\+awssecrets://|aws-?secretsmanager://"),
    ("AWS Parameter Store", r"arn:aws[\w-]*:ssm:|\{\{resolve:ssm(?:-secure)?:|\$\{ssm:|ref\+awsssm://"),
    ("Google Secret Manager", r"projects/[^/]+/secrets/|sm://|\$\{sm[@:]|ref\+gcpsecrets://|gcp-?sm://"),
    ("Azure Key Vault", r"@Microsoft\.KeyVault\(|https://[\w-]+\.vault\.azure\.net/|ref\+azurekeyvault://"),
    ("HashiCorp Vault", r"vault:(?:secret|kv|v\d|[\w-]+/data)[/:]|ref\+vault://|vault://|secret/data/[\w/-]+#"),
    ("SOPS", r"ENC\[AES256_GCM,|ref\+sops://"),
    ("Ansible Vault", r"!vault\b|\$ANSIBLE_VAULT;"),
    ("dotenvx, encrypted", r"encrypted:[A-Za-z0-9+/=]{20,}"),
    ("Infisical", r"infisical://"),
    ("Doppler", r"doppler://|ref\+doppler://"),
    ("Bitwarden Secrets Manager", r"bws://|ref\+bws://"),
    ("Akeyless", r"akeyless://|akeyless:/"),
    ("Docker secret", r"/run/secrets/[\w.-]+"),
    ("a systemd credential", r"%d/[\w.-]+$|\$\{?CREDENTIALS_DIRECTORY\b"),
)
_VALUES = tuple((kind, re.compile(pattern)) for kind, pattern in _BY_VALUE)

_IN_CODE = (
    (
        "AWS Secrets Manager",
        r"get_secret_value\(|GetSecretValueCommand|secretsmanager|GetSecretValue(?:Input|Request)\b",
    ),
    ("AWS Parameter Store", r"WithDecryption\s*[=:]\s*(?:[Tt]rue|aws\.Bool)|GetParametersByPathCommand"),
    ("Google Secret Manager", r"SecretManagerServiceClient|[aA]ccess_?[sS]ecret_?[vV]ersion|secretmanager/apiv1"),
    ("Azure Key Vault", r"azure\.keyvault\.secrets|@azure/keyvault-secrets|SecretClient\(|azsecrets\b"),
    (
        "HashiCorp Vault",
        r"\bhvac\.(?:Client|AsyncClient)\(|[\"']node-vault[\"']|hashicorp/vault/api|VaultTemplate\b|Vault::Client\b|vaultrs::",
    ),
    (
        "the system keyring",
        r"\bkeyring\.get_(?:password|credential)\(|\bkeytar\.getPassword\(|\bsafeStorage\.decryptString\(|zalando/go-keyring",
    ),
    ("a file from the platform", r"/run/secrets/|secrets_dir\s*=|/var/run/secrets/|CREDENTIALS_DIRECTORY\b"),
    ("Doppler", r"dopplerhq|DopplerSDK|dopplersdk"),
    ("Infisical", r"InfisicalSDK|InfisicalClient|@infisical/sdk|infisical_client|infisicalsdk|infisical_sdk"),
    ("1Password", r"onepassword\.client|onepassword-sdk|@1password/(?:sdk|connect)|onepasswordconnectsdk"),
    ("Bitwarden Secrets Manager", r"@bitwarden/sdk-napi|\bbitwarden_sdk\b|BitwardenClient\("),
    ("Akeyless", r"[\"']akeyless[\"']|\bimport akeyless\b|akeyless-go|akeyless\.V2Api\("),
    ("Rails encrypted credentials", r"Rails\.application\.credentials\b"),
    ("Cloudflare Secrets Store", r"SecretsStoreSecret\b"),
)
_CODE = tuple((kind, re.compile(pattern)) for kind, pattern in _IN_CODE)
# Every pattern above needs one of these; to look for words is far cheaper than to try each pattern everywhere.
_WORDS = (
    b"ecret", b"keyring", b"keytar", b"safeStorage", b"vault", b"Vault", b"oppler", b"nfisical", b"1password",
    b"onepassword", b"WithDecryption", b"GetParametersByPath", b"itwarden", b"keyless", b"CREDENTIALS_DIRECTORY",
    b"application.credentials",
)  # fmt: skip


def kept_by(value: str) -> str | None:
    """The store that a value points at or was encrypted for; None for a value that is itself."""
    if ":" not in value and "/" not in value and "[" not in value and "$" not in value and "!" not in value:
        return None
    return next((kind for kind, pattern in _VALUES if pattern.match(value)), None)


def may_ask(data: bytes) -> bool:
    """Whether `asked_in` could find anything in a file of code."""
    return any(word in data for word in _WORDS)


_COMMENT = re.compile(r"[ \t]*(?:#(?!\[)|//|/\*|\*[ \t]|--[ \t])")


def _commented(text: str, at: int) -> bool:
    return _COMMENT.match(text, text.rfind("\n", 0, at) + 1, at) is not None


def asked_in(text: str) -> list[tuple[str, int]]:
    """(store, line) of the first place in a file of code that asks each store."""
    found: dict[str, int] = {}
    for kind, pattern in _CODE:
        match = next((each for each in pattern.finditer(text) if not _commented(text, each.start())), None)
        if match and kind not in found:
            found[kind] = text.count("\n", 0, match.start()) + 1
    return list(found.items())
