"""Names of files that hold secrets on one's own machine, and which of them a project makes or is given."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipworthy.facts.base import View
from shipworthy.facts.settings import streamlit_reads, tool_files
from shipworthy.facts.settings.deployed_rows import aside
from shipworthy.facts.settings.env_names import one_of_a_set
from shipworthy.facts.settings.loaded import within
from shipworthy.facts.settings.model import ListingKind, Settings
from shipworthy.facts.stack import Part, Stack
from shipworthy.project import FileEntry, is_test_path

_LOCAL_ENV = {"next", "vite", "nuxt", "astro", "remix", "react-scripts", "sveltekit", "gatsby", "expo"}
"""Frameworks that read `.env.local` by themselves."""
_HOLDS = (
    "*.pem", "*.key", "*.p8", "*.ppk", "id_rsa", "id_ed25519", "id_ecdsa", "*service-account*.json",
    "*service_account*.json", "*serviceaccount*.json", "*serviceAccount*.json", "*ServiceAccount*.json",
    "*credentials*.json", ".streamlit/secrets.toml", "*/.streamlit/secrets.toml", "*adminsdk*.json", ".npmrc",
    ".yarnrc.yml", ".pypirc", ".netrc", "_netrc", ".dockercfg", ".docker/config.json", "kubeconfig*",
    "*.kubeconfig", ".kube/config", ".git-credentials", ".pgpass", ".my.cnf", ".aws/credentials", "*.tfstate",
    "*.tfstate.backup", "*.tfvars", ".envrc", ".dev.vars", ".secrets.toml", "local.settings.json", "*.ovpn",
    "credentials.json", ".s3cfg", ".boto",
)  # fmt: skip
_STORES = ("*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx")
# Android's debug key is the same for everybody; a trust store holds certificates only. `google-services.json` and
# `GoogleService-Info.plist` are not here: they are in every copy of the app.
_PUBLIC_STORE = re.compile(r"(?i)debug\.keystore$|trust|cacerts|example|sample|dummy")
KEY_FILES = ("private.pem", "server.key", "cert.p12", "release.keystore", "upload.jks", "service-account.json")
"""Names tried against the ignore rules for a remark: nothing says that a project has such files."""
_EXAMPLE_TAIL = re.compile(r"[._-](?:example|sample|template|tmpl|tpl|dist|skel|defaults?)$")
_REMOTE = re.compile(r"^[ \t]*(?:backend[ \t]+\"(?!local\")[\w-]+\"|cloud[ \t]*\{)", re.M)
_PROVIDER = re.compile(r"^[ \t]*provider[ \t]+\"", re.M)


def holds_secrets(entry: FileEntry) -> bool:
    """Whether a file of this name is where secrets stand, if they stand anywhere."""
    return entry.by_hand and not is_test_path(entry.path) and entry.matches(*_HOLDS)


def key_store(entry: FileEntry) -> bool:
    """A binary store with private keys, which no text scan can look into."""
    own = entry.matches(*_STORES) and not _PUBLIC_STORE.search(entry.name)
    return own and entry.kind is entry.kind.SOURCE and not aside(entry.path)


def folders(settings: Settings, stack: Stack) -> list[str]:
    """Where env files may lie: the root, beside every env file and example, and in components that read settings."""
    found = {""}
    for listing in settings.listings:
        env_file = listing.kind in (ListingKind.EXAMPLE, ListingKind.ENV_FILE) and not listing.path.endswith(".toml")
        elsewhere = of_streamlit(listing.path) or one_of_a_set(listing.path)
        if env_file and not is_test_path(listing.path) and not elsewhere:
            found.add(listing.path.rpartition("/")[0])
    for component in stack.components:
        if component.root != "." and any(component.contains(read.location.path) for read in settings.own_reads()):
            found.add(component.root)
    return sorted(found)


def of_streamlit(path: str) -> bool:
    """Whether a file lies where Streamlit has its own, which is no folder for env files."""
    return path.startswith(".streamlit/") or "/.streamlit/" in path


def component_of(stack: Stack, path: str) -> str:
    """The root of the nearest component that a path lies in; "." for the repository's own."""
    holding = [each.root for each in stack.components if each.root != "." and each.contains(path)]
    return max(holding, key=len, default=".")


def used(view: View, settings: Settings, stack: Stack, where: list[str]) -> Iterator[str]:
    """Paths of local secret files that work on this project makes: by its examples, frameworks and tools."""
    yield from _of_streamlit(settings, stack)
    for folder in where:
        local = bool(stack.names(Part.FRAMEWORK, component_of(stack, folder)) & _LOCAL_ENV)
        prefix = f"{folder}/" if folder else ""
        yield f"{prefix}.env"
        if local:
            yield f"{prefix}.env.local"
    for listing in settings.listings:
        folder, slash, name = listing.path.rpartition("/")
        real = _EXAMPLE_TAIL.sub("", name)
        # A `name.env.template` may be made elsewhere under another name; tools read these two where they lie.
        local_file = real.startswith((".env", ".dev.vars"))
        if listing.kind is ListingKind.EXAMPLE and real != name and local_file and not is_test_path(listing.path):
            yield f"{folder}{slash}{real}"
    yield from _loaded(view, settings, stack)
    if any(read.how == "Dynaconf()" for read in settings.own_reads()):
        yield ".secrets.toml"
    yield from tool_files.used(view, settings)
    yield from _states(view)


def _of_streamlit(settings: Settings, stack: Stack) -> Iterator[str]:
    """Streamlit's file of secrets lies in the folder that the app is started from."""
    for read in settings.own_reads():
        if read.how == streamlit_reads.HOW:
            root = component_of(stack, read.location.path or "")
            yield f"{'' if root == '.' else root + '/'}.streamlit/secrets.toml"


def _loaded(view: View, settings: Settings, stack: Stack) -> Iterator[str]:
    """Files loaded by name, without those that git tracks: they are judged by what stands in them."""
    tracked = {entry.path for entry in view.entries() if entry.tracked} if settings.loaded else set()
    for each in settings.loaded:
        path = each.location.path or ""
        if aside(path):
            continue
        root = component_of(stack, path)
        started = "" if root == "." or each.name.startswith(f"{root}/") else root
        folder = started if each.above is None else path.rpartition("/")[0]
        found = within(folder, each.name, each.above or 0)
        if found is not None and found not in tracked:
            yield found


def _states(view: View) -> Iterator[str]:
    """Terraform writes the state, with every secret it made, beside the root module, unless a backend keeps it."""
    texts: dict[str, list[str]] = {}
    for entry in view.entries("*.tf"):
        source = view.source(entry.path) if entry.by_hand and not aside(entry.path) else None
        if source is not None and not source.binary:
            texts.setdefault(entry.path.rpartition("/")[0], []).append(source.text)
    for folder, parts in sorted(texts.items()):
        if any(_PROVIDER.search(part) for part in parts) and not any(_REMOTE.search(part) for part in parts):
            yield f"{folder}/terraform.tfstate" if folder else "terraform.tfstate"
