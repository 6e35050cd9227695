"""Where a remote's host answers, and that a token goes to no other host than the one it belongs to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.sources.hosts.stand_in import made_up_token

from shipworthy.sources.hosts.address import HostKind, address_of
from shipworthy.sources.hosts.tokens import NoToken, Token, find_token

ADDRESSES: dict[str, tuple[str, dict[str, str], tuple[str, ...], str | None]] = {
    "https": ("https://github.com/acme/shop.git", {}, (), "github https://api.github.com acme/shop"),
    "ssh": ("git@github.com:acme/shop.git", {}, (), "github https://api.github.com acme/shop"),
    "ssh with a port": ("ssh://git@github.com:22/acme/shop", {}, (), "github https://api.github.com acme/shop"),
    "capitals": ("https://GitHub.com/acme/shop/", {}, (), "github https://api.github.com acme/shop"),
    "with a password": ("https://ada:pw@github.com/acme/shop", {}, (), "github https://api.github.com acme/shop"),
    "cloud of one's own": ("https://acme.ghe.com/a/b", {}, (), "github https://api.acme.ghe.com a/b"),
    "enterprise by its name": ("git@github.acme.example:a/b", {}, (), "github https://github.acme.example/api/v3 a/b"),
    "enterprise by a variable": (
        "git@code.example:a/b", {"GH_HOST": "code.example"}, (), "github https://code.example/api/v3 a/b",
    ),
    "enterprise by its files": ("git@code.example:a/b", {}, ("github",), "github https://code.example/api/v3 a/b"),
    "gitlab": ("git@gitlab.com:a/b/c.git", {}, (), "gitlab https://gitlab.com/api/v4 a/b/c"),
    "gitlab of one's own": (
        "https://gitlab.acme.example:8443/a/b.git", {}, (), "gitlab https://gitlab.acme.example:8443/api/v4 a/b",
    ),
    "gitlab by a variable": (
        "git@code.example:a/b", {"CI_SERVER_URL": "https://code.example"}, (), "gitlab https://code.example/api/v4 a/b",
    ),
    "gitlab by its files": ("git@code.example:a/b", {}, ("gitlab",), "gitlab https://code.example/api/v4 a/b"),
    "not over TLS": ("http://gitlab.acme.example:8080/a/b", {}, (), "gitlab https://gitlab.acme.example/api/v4 a/b"),
    "a look-alike": ("https://github.com.x.example/a/b", {}, (), "github https://github.com.x.example/api/v3 a/b"),
    "both files": ("git@code.example:a/b", {}, ("github", "gitlab"), None),
    "neither": ("git@code.example:a/b", {}, (), None),
    "a folder": ("/srv/git/shop.git", {}, ("github",), None),
    "a file": ("file:///srv/git/github/shop.git", {}, (), None),
    "no owner": ("https://github.com/shop", {}, (), None),
    "three parts at GitHub": ("https://github.com/a/b/c", {}, (), None),
    "dots": ("https://github.com/../shop", {}, (), None),
    "a question": ("https://github.com/a/b?x=1", {}, (), "github https://api.github.com a/b"),
    "a bad port": ("https://github.com:x/a/b", {}, (), None),
    "spaces": ("https://github.com/a b/c", {}, (), None),
}  # fmt: skip


@pytest.mark.parametrize("name", ADDRESSES)
def test_address(name: str) -> None:
    remote, environment, systems, expected = ADDRESSES[name]
    found = address_of(remote, environment, systems)
    assert (f"{found.kind} {found.api} {found.project}" if found else None) == expected


def test_a_password_in_the_remote_is_dropped() -> None:
    assert made_up_token() not in repr(address_of(f"https://x:{made_up_token()}@github.com/a/b", {}))


GITHUB, ENTERPRISE = "https://github.com/a/b", "https://github.acme.example/a/b"
EVIL, GITLAB, OWN_GITLAB = (
    "https://github.evil.example/a/b",
    "https://gitlab.com/a/b",
    "https://gitlab.acme.example/a/b",
)
FROM: dict[str, tuple[str, dict[str, str], str | None]] = {
    "GITHUB_TOKEN": (GITHUB, {"GITHUB_TOKEN": "T"}, "in GITHUB_TOKEN"),
    "GH_TOKEN first": (GITHUB, {"GITHUB_TOKEN": "T", "GH_TOKEN": "T"}, "in GH_TOKEN"),
    "for another host": (EVIL, {"GITHUB_TOKEN": "T", "GH_TOKEN": "T", "GH_ENTERPRISE_TOKEN": "T"}, None),
    "a workflow's, for another host": (
        EVIL, {"GITHUB_TOKEN": "T", "GITHUB_SERVER_URL": "https://github.com"}, None,
    ),
    "a workflow's of an enterprise, for GitHub": (
        GITHUB, {"GITHUB_TOKEN": "T", "GITHUB_SERVER_URL": "https://github.acme.example"}, None,
    ),
    "a workflow's of an enterprise": (
        ENTERPRISE, {"GITHUB_TOKEN": "T", "GITHUB_SERVER_URL": "https://github.acme.example"}, "in GITHUB_TOKEN",
    ),
    "enterprise": (
        ENTERPRISE, {"GH_ENTERPRISE_TOKEN": "T", "GH_HOST": "github.acme.example"}, "in GH_ENTERPRISE_TOKEN",
    ),
    "enterprise without its host": (ENTERPRISE, {"GH_ENTERPRISE_TOKEN": "T"}, None),
    "GITLAB_TOKEN": (GITLAB, {"GITLAB_TOKEN": "T"}, "in GITLAB_TOKEN"),
    "gitlab.com's, for another": (OWN_GITLAB, {"GITLAB_TOKEN": "T"}, None),
    "one's own": (OWN_GITLAB, {"GITLAB_TOKEN": "T", "GITLAB_HOST": "gitlab.acme.example"}, "in GITLAB_TOKEN"),
    "one's own, for gitlab.com": (GITLAB, {"GITLAB_TOKEN": "T", "GITLAB_HOST": "gitlab.acme.example"}, None),
    "a GitHub token for GitLab": (GITLAB, {"GITHUB_TOKEN": "T"}, None),
    "a job's": (GITLAB, {"CI_JOB_TOKEN": "T"}, None),
    "with a line end inside": (GITHUB, {"GITHUB_TOKEN": "T\nX-Other: 1"}, None),
    "not ASCII": (GITHUB, {"GITHUB_TOKEN": "T\u00e9"}, None),
    "empty": (GITHUB, {"GITHUB_TOKEN": ""}, None),
}  # fmt: skip


def token_for(remote: str, environment: dict[str, str], folder: Path, kept: dict[str, str] | None = None) -> Token:
    address = address_of(remote, environment)
    assert address is not None
    filled = {
        name: value.replace("T", made_up_token()) if "TOKEN" in name else value for name, value in environment.items()
    }
    return find_token(address, filled, (kept or {}).get, folder / "repository", folder)


@pytest.mark.parametrize("name", FROM)
def test_which_variable(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote, environment, source = FROM[name]
    monkeypatch.setenv("PATH", str(tmp_path))
    if source is None:
        with pytest.raises(NoToken) as caught:
            token_for(remote, environment, tmp_path)
        assert made_up_token() not in str(caught.value) + caught.value.diagnostics + repr(caught.value)
        assert ("CI_JOB_TOKEN is not enough" in str(caught.value)) is (name == "a job's")
    else:
        found = token_for(remote, environment, tmp_path)
        assert (found.value, found.source) == (made_up_token(), source)
        assert made_up_token() not in repr(found)


def test_the_keyring_comes_first_and_is_asked_for_this_host_only(tmp_path: Path) -> None:
    kept = {"host:github.com": f"{made_up_token()}-kept", "host:gitlab.com": "another-one"}
    assert token_for(GITHUB, {"GITHUB_TOKEN": "T"}, tmp_path, kept).source == "from the keyring"
    assert token_for(GITHUB, {"GITHUB_TOKEN": "T"}, tmp_path, kept).value.endswith("-kept")
    assert (
        token_for(GITHUB, {"GITHUB_TOKEN": "T"}, tmp_path, {"host:gitlab.com": "another"}).source == "in GITHUB_TOKEN"
    )


PROGRAM = """#!/bin/sh
echo "$@" > "{log}"
if [ "$*" = "{wanted}" ]; then echo "{token}"; else echo "no: {token}" >&2; exit 1; fi
"""


@pytest.mark.parametrize(
    ("remote", "name", "wanted"),
    [
        (GITHUB, "gh", "auth token --hostname github.com"),
        (OWN_GITLAB, "glab", "config get token --host gitlab.acme.example"),
    ],
    ids=["gh", "glab"],
)
def test_the_hosts_own_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remote: str, name: str, wanted: str
) -> None:
    program = tmp_path / "bin" / name
    program.parent.mkdir()
    program.write_text(PROGRAM.format(log=tmp_path / "log", wanted=wanted, token=made_up_token()))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    found = token_for(remote, {}, tmp_path)
    assert (found.value, found.source) == (made_up_token(), f"from `{name}`")
    assert (tmp_path / "log").read_text().strip() == wanted
    # One of the repository's own is never started.
    (tmp_path / "log").unlink()
    (tmp_path / "repository").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'repository'}{os.pathsep}/bin")
    program.rename(tmp_path / "repository" / name)
    with pytest.raises(NoToken):
        token_for(remote, {}, tmp_path)
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize("said", ["exit 3", "echo 'two words'", "printf '%02000d\\n' 7", "echo"])
def test_a_program_that_gives_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{said}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
    if "02000" in said:
        assert len(token_for(GITHUB, {}, tmp_path).value) == 2_000
    else:
        with pytest.raises(NoToken):
            token_for(GITHUB, {}, tmp_path)


def test_kinds_have_names() -> None:
    assert [each.spoken for each in HostKind] == ["GitHub", "GitLab"]
