"""Comments that other scanners know, beside secrets of one line and of several, and comments that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.secrets.allow_cases import KEY, PEM, by, found, only

LINE = f"key = '{KEY}'"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("LINE  # gitleaks:allow", 1),
        ("LINE  # trufflehog:ignore", 1),
        ("LINE  # pragma: allowlist secret", 1),
        ("LINE  // pragma: allowlist secret", 1),
        ("LINE  /* pragma: whitelist secret */", 1),
        ("LINE  <!-- pragma:allowlist-secret -->", 1),
        ("# pragma: allowlist nextline secret\r\nLINE\r\n", 1),
        ("    // pragma: allowlist nextline secret\nLINE", 1),
        ("x\nLINE -- pragma: allowlist secret", 2),
    ],
)
def test_a_comment_allows_what_stands_on_its_line(tmp_path: Path, text: str, line: int) -> None:
    assert by(only(found(tmp_path, {"a.py": text.replace("LINE", LINE)}), "a.py")) == f"comment a.py:{line}"


@pytest.mark.parametrize(
    "text",
    [
        "LINE",
        "# gitleaks:allow\nLINE",
        "LINE\n# gitleaks:allow",
        "# pragma: allowlist secret\nLINE",
        "# pragma: allowlist nextline secret\n\nLINE",
        "LINE  # pragma: allowlist",
        "LINE  # allowlist secret",
        "LINE  # nosec",
        "LINE  # noqa: S105",
    ],
)
def test_no_other_comment_and_no_other_line_does(tmp_path: Path, text: str) -> None:
    sighting = only(found(tmp_path, {"a.py": text.replace("LINE", LINE)}), "a.py")
    assert sighting.allowed is None
    assert sighting.counts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PEM.replace("KEY-----\n", "KEY----- # gitleaks:allow\n", 1), None),
        (PEM + " # gitleaks:allow\n", "comment id_rsa:14"),
        (f"# pragma: allowlist nextline secret\n{PEM}\n", "comment id_rsa:1"),
        (PEM + " # pragma: allowlist secret\n", None),
    ],
    ids=["no key any more", "any line of gitleaks", "the first line of detect-secrets", "not its last"],
)
def test_a_key_over_several_lines(tmp_path: Path, text: str, expected: str | None) -> None:
    sightings = found(tmp_path, {"id_rsa": text}).sightings
    assert [by(each) for each in sightings] == ([expected] if sightings else [])


def test_an_allowed_secret_stays_a_sighting_and_does_not_count(tmp_path: Path) -> None:
    secrets = found(tmp_path, {"a.py": f"{LINE}  # gitleaks:allow\n", "b.py": LINE})
    assert [(each.location.path, each.counts) for each in secrets.sightings] == [("a.py", False), ("b.py", True)]


@pytest.mark.parametrize("prefix", ["ü = 1; ", "x\udcff\udce3", "日本 "], ids=["umlaut", "invalid", "wide"])
def test_the_value_is_found_again_behind_any_text(tmp_path: Path, prefix: str) -> None:
    config = f"[allowlist]\nregexes = ['^{KEY}$']\n"
    text = f"{prefix}{LINE}".encode("utf-8", "surrogateescape")
    secrets = found(tmp_path, {"a.py": text, ".gitleaks.toml": config})
    assert by(only(secrets, "a.py")) == ".gitleaks.toml .gitleaks.toml:1"


def test_a_utf_16_file(tmp_path: Path) -> None:
    secrets = found(tmp_path, {"a.py": f"{LINE}  # gitleaks:allow\n".encode("utf-16")})
    assert by(only(secrets, "a.py")) == "comment a.py:1"


def test_a_line_too_long_to_look_at_allows_nothing(tmp_path: Path) -> None:
    secrets = found(tmp_path, {"a.py": f"{LINE} #" + "x " * 110_000 + "gitleaks:allow"})
    assert only(secrets, "a.py").allowed is None
