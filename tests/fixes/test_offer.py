"""The fix as the coach gets it: made in a process of its own, with nothing of the repository imported."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn
from tests.fixes.fixing import item
from tests.support import make_repo

from shipworthy.checks import BUILT_IN
from shipworthy.fixes import Fix, FixError, NoFix
from shipworthy.fixes.offer import Offer, offer
from shipworthy.fixes.table import MAKERS, why_none
from shipworthy.fixes.wire import dump, load
from shipworthy.session import Session

LIVE = "sk" + "_live_" + drawn("an", 60, 11)
PLANTED = "open('planted-ran', 'w').close()\n"


def test_it_comes_back_whole_and_imports_nothing_planted(tmp_path: Path) -> None:
    planted = {f"{name}.py": PLANTED for name in ("json", "shipworthy", "sitecustomize", "tree_sitter")}
    root = make_repo(tmp_path / "app", {"conf.py": f"STRIPE_KEY = '{LIVE}'\n", **planted})
    found = Session(root).propose_fix("secrets-not-in-tree")
    assert isinstance(found, Offer)
    assert '+STRIPE_KEY = os.environ["STRIPE_KEY"]' in found.diff
    assert LIVE not in "\n".join(found.diff)
    assert not list(tmp_path.rglob("planted-ran"))
    Session(root).apply_fix(found.fix)
    assert LIVE not in (root / "conf.py").read_text()
    assert Session(root).undo_fix().paths == ("conf.py",)


def test_why_there_is_none_comes_back_too(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a.py": "x = 1\n"})
    found = offer(root, "secrets-not-in-tree")
    assert isinstance(found, NoFix)
    assert "nothing is open" in found.why


@pytest.mark.parametrize("policy", ["profile = 3\n", "not toml"])
def test_rules_that_cannot_be_read_are_an_error(tmp_path: Path, policy: str) -> None:
    root = make_repo(tmp_path / "app", {"a.py": "x = 1\n", ".shipworthy/policy.toml": policy})
    with pytest.raises(FixError, match=r"policy\.toml"):
        offer(root, "secrets-not-in-tree")


@pytest.mark.parametrize("check", sorted(BUILT_IN))
def test_every_check_has_a_maker_or_a_reason(check: str) -> None:
    if check in MAKERS:
        assert callable(importlib.import_module(f"shipworthy.fixes.{MAKERS[check]}").make)
    else:
        assert why_none(item(check)) not in (None, "its fix takes judgement.")


def test_makers_are_for_checks_there_are() -> None:
    assert set(MAKERS) <= set(BUILT_IN)


def test_the_wire_keeps_every_byte() -> None:
    from shipworthy.fixes.model import Splice, created, edited

    fix = Fix(
        item="x", says="s", notes=("n",),
        edits=(edited("a\udcff", bytes(range(256)), [Splice(1, 2, b"\0\xff"), Splice(3, 9, b"", b"''")]),
               created("b", b"")),
    )  # fmt: skip
    assert load(dump(fix)) == fix
