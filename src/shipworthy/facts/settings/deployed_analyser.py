"""Reads what each deployment file says of secrets, for the shared pass."""

from __future__ import annotations

import re

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.settings import deployed_text, deployed_yaml
from shipworthy.facts.settings.deployed_rows import Deployed, aside
from shipworthy.facts.settings.live_text import live
from shipworthy.project import FileEntry, Source

_IMAGES = ("Dockerfile*", "*.Dockerfile", "*.dockerfile", "Containerfile*")
_SPRING = re.compile(r"^(?:application|bootstrap)(?:-[\w-]+)?\.(?:properties|ya?ml)$")
_TASKS = ("*task*def*.json", "*taskdef*.json", "task-definition*.json")
_UNREAD = re.compile(
    r"(?:^|/)(?:locales?|i18n|openapi|swagger|cassettes|translations)/|(?:^|/)(?:openapi|swagger)[^/]*$|-lock\.ya?ml$"
)
_ENDINGS = {".yaml", ".yml", ".tf", ".tfvars", ".service", ".properties"}
# A file that says anything of interest holds one of these, in some case.
_HINT = re.compile(
    rb"(?i)secret|passw|pwd|token|api_?-?key|private_?key|access_?key|credential|vault|://[^\s/@]{0,99}:[^\s/@]{1,99}@|\$\{[a-z_]"
    rb"|sops|op://|ssm|auth|id-token|oidc|sync:"
)


class DeployedSecrets(Analyser):
    """Record: `Deployed.record()`; null for a file that says nothing of secrets."""

    name = "settings-deployed"
    version = "2"

    def wants(self, entry: FileEntry) -> bool:
        if not entry.by_hand or _UNREAD.search(entry.path):
            return False
        return entry.suffix in _ENDINGS or entry.matches(*_IMAGES, *_TASKS) or "group_vars" in entry.path

    def analyse(self, source: Source) -> Record:
        entry = source.entry
        if source.binary or source.minified or not _HINT.search(source.data):
            return Record(None)
        # What a backslash continues in an image goes on behind a comment: that is read as it stands.
        text = source.text if entry.matches(*_IMAGES) else live(entry.path, source.text)
        found = Deployed(aside=aside(entry.path))
        if entry.matches(*_IMAGES):
            deployed_text.read_image(text, found)
        elif entry.matches(*_TASKS):
            deployed_text.read_task(text, found)
        elif entry.suffix in (".tf", ".tfvars"):
            deployed_text.read_terraform(text, found, values=entry.suffix == ".tfvars")
        elif entry.suffix == ".service":
            deployed_text.read_unit(text, found)
        elif entry.suffix == ".properties":
            if _SPRING.match(entry.name):
                deployed_text.read_spring(text, found, properties=True)
        else:
            found = deployed_yaml.read(entry, text)
            if _SPRING.match(entry.name):
                deployed_text.read_spring(text, found, properties=False)
        return Record(found.record())
