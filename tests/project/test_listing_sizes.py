"""Which files are compared with what git holds: those that may be the mere beginning of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.project.listing import _look

BLOB, EMPTY_BLOB = "ab" * 20, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


@pytest.mark.parametrize(
    ("recorded", "blob", "suspect"),
    [
        (4, BLOB, True),
        (3, BLOB, False),
        (2, BLOB, False),
        # Git writes 0 for a file that was changed in the second in which it was staged: it says nothing of the size.
        (0, BLOB, True),
        (0, EMPTY_BLOB, False),
        (None, BLOB, False),
    ],
)
def test_a_size_that_leaves_it_open(tmp_path: Path, recorded: int | None, blob: str, suspect: bool) -> None:
    (tmp_path / "a.py").write_bytes(b"abc")
    assert _look(f"{tmp_path}/", "a.py", True, blob, recorded).suspect is suspect


def test_what_is_no_file_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "a.py").symlink_to("nowhere")
    assert not _look(f"{tmp_path}/", "a.py", True, BLOB, 0).suspect
    assert not _look(f"{tmp_path}/", "gone.py", True, BLOB, 7).suspect
