"""What git says is taken as it is, but for the end of its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.git import Git
from tests.support import make_repo


@pytest.mark.parametrize("end", ["\u2029", "\u00a0", "\u3000", "x"])
def test_the_name_of_a_folder_keeps_its_end(tmp_path: Path, end: str) -> None:
    folder = make_repo(tmp_path / f"app{end}", {"a.py": "A = 1\n"})
    assert Git(folder).answer("rev-parse", "--show-toplevel") == str(folder)
    assert Git(folder).text("rev-parse", "--show-toplevel") == str(folder)
