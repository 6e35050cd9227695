"""When a hash over files says that they are the same."""

from __future__ import annotations

import time
from pathlib import Path

from tests.support import write

from shipworthy.project.state import hashed


def test_what_was_written_to_just_now_has_no_hash(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "1"})
    base, now = f"{tmp_path}/", time.time()
    assert hashed(b"a.py\0", base, now - 1000) is None
    assert hashed(b"a.py\0", base, now + 1000) == hashed(b"a.py\0", base)


def test_a_name_alone_is_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "1"})
    names, looks = hashed(b"a.py\0"), hashed(b"a.py\0", f"{tmp_path}/")
    (tmp_path / "a.py").write_text("22", encoding="ascii")
    assert hashed(b"a.py\0") == names
    assert hashed(b"a.py\0", f"{tmp_path}/") != looks


def test_a_missing_file_is_not_one_that_is_there(tmp_path: Path) -> None:
    missing = hashed(b"a.py\0b.py\0", f"{tmp_path}/")
    write(tmp_path, {"a.py": "1"})
    assert hashed(b"a.py\0b.py\0", f"{tmp_path}/") != missing
