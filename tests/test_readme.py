"""What the README tells a newcomer is true."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import shipworthy.readiness
from shipworthy.cli.group import COMMANDS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_lines_that_verify_without_shipworthy_are_the_tested_ones() -> None:
    text = shipworthy.readiness.__doc__ or ""
    found = re.findall(r"^    \(f=.*?\)$", text, re.M | re.S)
    assert len(found) == 2
    for lines in found:
        assert textwrap.dedent(lines) in README


def test_commands_and_files_it_names_exist() -> None:
    named = set(re.findall(r"^shipworthy ([a-z]+)", README, re.M))
    assert named
    assert named <= set(COMMANDS)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"^make ([a-z-]+) +#", README, re.M)) <= targets
    for path in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / path).is_file(), path
