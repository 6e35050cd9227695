"""No value of a secret comes out: everything said, drawn, kept, deleted, started and copied is searched for each."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from tests.leaks.matrix import MATRIX, choices, commands
from tests.leaks.planted import planted
from tests.leaks.sandbox import Sandbox
from tests.support import git

from shipworthy.checklist import load
from shipworthy.facts.secrets.identity import BULLETS

SETTINGS = Path("app/settings.py")


@pytest.fixture
def box(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


def fingerprint(box: Sandbox) -> str:
    """Of any random secret in the files, as the list says it."""
    said = box.run("secret", "list").stdout.decode()
    return re.findall(r"^([0-9a-f]{16}) .*Stripe", said, re.MULTILINE)[0]


def test_enough_is_planted_and_would_be_seen(box: Sandbox) -> None:
    values = planted()[0].values
    assert len(values) >= 100
    assert len({part for parts in values.values() for part in parts}) >= 150
    held = b"\n".join([*box.known, *(text.encode() for text in planted()[2].values())])
    seen = {where for line in held.split(b"\n") if (where := box.search.line(line))}
    # One line can hold two, of which the first is named.
    assert len(seen) >= 90
    token = values["python"][0]
    for text in (token[5:17], token.encode().hex()[3:20], f"x{token[2:]}"):
        assert box.search.line(f"so {text} it".encode()) is not None
    (box.home / "kept").write_bytes(token.encode())
    assert len(box.leaks()) == 1


def test_no_command_and_no_way_of_printing_is_left_out() -> None:
    assert {words for words, _ in commands()} == set(MATRIX)
    missing = [
        (words, name, choice) for words, name, choice in choices() if not any(choice in row for row in MATRIX[words])
    ]
    assert missing == []


QUICK: tuple[tuple[str, ...], ...] = (
    ("check", "-v"), ("report",), ("prompt", "--all"), ("check", "--format", "json"),
    *(("facts", each) for each in ("secrets", "tests", "keys", "env", "routes", "pipeline")),
    ("facts", "secrets", "--history"), ("form", "key-inventory", "--show"), ("form", "threat-model", "--template"),
    ("hook", "run"), ("hook", "run", "--all"), ("fix", "secrets-not-in-tree", "--apply", "--yes"), ("fix", "--undo"),
    ("attest", "data-map", "-m", "it is {value}"), ("rotated", "{value}", "--on", "today"),
)  # fmt: skip


def typed(box: Sandbox) -> dict[str, str]:
    made, _, _ = planted()
    return {"value": "sk_" + "live_" + made.values["history"][0], "tmp": str(box.tmp)}


def filled(row: tuple[str, ...], texts: dict[str, str]) -> list[str]:
    return [re.sub(r"\{(\w+)\}", lambda found: texts[found[1]], each) for each in row]


def test_what_is_run_most_says_and_keeps_no_secret(box: Sandbox) -> None:
    for row in QUICK:
        box.run(*filled(row, typed(box)))
    shown = b"".join(said for _, said in box.said).decode()
    assert shown.count(BULLETS) > 100, "hardly anything was shown, so nothing was tried"
    assert "-STRIPE_KEY" in shown
    assert list(box.home.rglob("records-*.sqlite"))
    assert "\n".join(box.leaks()) == ""


def files_of_long_ago() -> None:
    from shipworthy.project import listing

    vars(listing)["FRESH_SECONDS"] = -1000.0


def test_an_answer_that_is_kept_whole_holds_no_secret(box: Sandbox) -> None:
    first = box.run("facts", "secrets", before=files_of_long_ago)
    assert list(box.home.rglob("answer-*.json"))
    assert box.run("facts", "secrets").stdout == first.stdout
    assert "\n".join(box.leaks()) == ""


def waive_all() -> None:
    """Accept whatever is open, so that it can be signed."""
    from datetime import timedelta

    from shipworthy.assess.context import default_context
    from shipworthy.assess.examine import examine
    from shipworthy.session import Session

    session = Session(Path.cwd())
    examine(Path.cwd(), default_context(), session.apply)
    for each in session.assessment().results:
        if not each.settled:
            session.waive(each.item.id, "Accepted for this test.", session.today + timedelta(days=20))


@pytest.mark.long
def test_no_command_says_or_keeps_a_secret(box: Sandbox) -> None:
    texts = {**typed(box), "fingerprint": fingerprint(box), "key": "SHA256:none"}
    for words, rows in MATRIX.items():
        if words == ("fix",):
            fix_everything(box)
            continue
        if words == ("sign",):
            git(box.root, "add", "-A")
            git(box.root, "commit", "-q", "-m", "Get it ready")
            box.run("policy", "lint", before=waive_all)
            git(box.root, "add", "-A")
            git(box.root, "commit", "-q", "-m", "Say what is accepted")
            box.look_again(".git")
        for row in rows:
            done = box.run(*words, *filled(row, texts))
            if words == ("key", "new"):
                texts["key"] = re.findall(r"SHA256:\S+", done.stdout.decode())[0]
            if words in (("sign",), ("show",)):
                assert done.returncode == 0, (words, row, done.stdout, done.stderr)
    assert "\n".join(box.leaks()) == ""


def fix_everything(box: Sandbox) -> None:
    applied = 0
    for item in load("production").items:
        if box.run("fix", item.id).returncode == 0:
            applied += box.run("fix", item.id, "--apply", "--yes").returncode in (0, 1)
    assert applied >= 4
    for _ in range(applied):
        assert box.run("fix", "--undo").returncode == 0
    assert planted()[0].values["python"][0] not in (box.root / SETTINGS).read_text()


def mark() -> None:
    Path(os.environ["TMPDIR"], "crashed").touch()


def raising(make: Callable[[str], BaseException]) -> Callable[..., NoReturn]:
    """A function that raises what quotes the file it was given, or else the settings."""

    def broken(*args: Any, **kwargs: Any) -> NoReturn:
        mark()
        given = [each.text for each in args if hasattr(each, "text") and isinstance(each.text, str)]
        raise make(given[-1] if given else SETTINGS.read_text())

    return broken


def killed(*args: Any, **kwargs: Any) -> NoReturn:
    mark()
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


ANALYSER = "shipworthy.facts.secrets.analyser.SecretsAnalyser.analyse"
CRASHES: tuple[tuple[str, str, Callable[..., NoReturn], tuple[str, ...]], ...] = (
    ("scan", ANALYSER, raising(ValueError), ("check",)),
    ("scan, json", ANALYSER, raising(KeyError), ("facts", "secrets")),
    ("memory", ANALYSER, raising(MemoryError), ("secret", "list")),
    ("recursion", ANALYSER, raising(RecursionError), ("facts", "secrets", "--history")),
    ("interrupt", ANALYSER, raising(KeyboardInterrupt), ("check",)),
    ("kill", ANALYSER, killed, ("check",)),
    ("system", ANALYSER, raising(OSError), ("check",)),
    ("tests", "shipworthy.facts.tests.cases.TestFileAnalyser.analyse", raising(ValueError), ("facts", "tests")),
    ("code", "shipworthy.facts.python_code.analyser.PythonCode.analyse", raising(ValueError), ("facts", "routes")),
    (
        "check", "shipworthy.checks.secrets.secrets_not_in_tree.SecretsNotInTree.check", raising(ValueError),
        ("check", "--item", "secrets-not-in-tree"),
    ),
    ("reader", "shipworthy.facts.secrets.fact.SecretsReader.read", raising(ValueError), ("check",)),
    ("history", "shipworthy.facts.secret_history.fact.SecretHistoryReader.read", raising(ValueError), ("check",)),
    ("inventory", "shipworthy.facts.secrets.inventory", raising(ValueError), ("facts", "secrets")),
    ("command", "shipworthy.cli.check.run_check", raising(RuntimeError), ("coach",)),
    ("report", "shipworthy.cli.report._document", raising(RuntimeError), ("report",)),
    ("mask", "shipworthy.facts.secrets.mask.mask_text", raising(ValueError), ("check", "-v")),
    ("mask, prompt", "shipworthy.facts.secrets.mask.mask_text", raising(ValueError), ("prompt", "--all")),
    ("hook", "shipworthy.hook.look.Look._judge", raising(ValueError), ("hook", "run", "--all")),
    ("fix", "shipworthy.fixes.propose.propose", raising(ValueError), ("fix", "secrets-not-in-tree")),
    ("form", "shipworthy.forms.prefill.prefill", raising(ValueError), ("form", "key-inventory", "--template")),
    ("write", "shipworthy.fixes.undo.replace_all", raising(OSError), ("fix", "env-files-ignored", "--apply", "--yes")),
)  # fmt: skip


def breaking(place: str, broken: Callable[..., NoReturn]) -> Callable[[], None]:
    def apply() -> None:
        patch = pytest.MonkeyPatch()
        patch.setattr(place, broken)
        # Another process would not be broken.
        for module in ("team", "bulk", "scan"):
            patch.setattr(f"shipworthy.facts.{module}.processes", lambda: 1, raising=False)

    return apply


@pytest.fixture(scope="module")
def crashing(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return Sandbox(tmp_path_factory.mktemp("crashing"))


@pytest.mark.parametrize(
    ("place", "broken", "args"),
    [
        pytest.param(*row, id=name, marks=() if name in ("scan, json", "interrupt", "kill", "command", "hook")
                     else pytest.mark.long)
        for name, *row in CRASHES
    ],
)  # fmt: skip
def test_a_crash_says_nothing_of_what_was_in_hand(
    crashing: Sandbox, place: str, broken: Callable[..., NoReturn], args: tuple[str, ...]
) -> None:
    # Its own cache: what is known already is not read, and cannot crash.
    cache = crashing.base / "caches" / args[0] / place
    done = crashing.run(*args, before=breaking(place, broken), env={"XDG_CACHE_HOME": str(cache)})
    (crashing.tmp / "crashed").unlink()  # fails where it did not crash
    assert b"Traceback" not in done.stdout + done.stderr
    assert "\n".join(crashing.leaks()) == ""
