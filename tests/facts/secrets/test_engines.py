"""Both engines lead to the same findings; a compiled database is loaded only where nobody else can have written it."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.facts.secrets.examples import example, near_misses
from tests.facts.secrets.test_handed_over import FORMS, NEAR
from tests.facts.secrets.test_scanner import CLEAN, FOR_REVIEW, FOUND, LIVE

from shipworthy.facts.secrets import context, engine, hyper, prefilter, rules
from shipworthy.facts.secrets import kept as kept_files
from shipworthy.facts.secrets.analyser import SecretsAnalyser
from shipworthy.facts.secrets.context import context_of, may_be_plain, may_sign
from shipworthy.facts.secrets.engine import Candidates, Engine, PatternEngine, pattern_engine
from shipworthy.facts.secrets.hyper import HyperscanEngine
from shipworthy.facts.secrets.rules import Rule, load
from shipworthy.facts.secrets.scanner import scan
from shipworthy.project import FileEntry, Source
from shipworthy.project.files import FileKind

pytest.importorskip("hyperscan", reason="needs the hyperscan package: it has no wheel for this machine")
Hits = set[tuple[str, int, int, str]]


@pytest.fixture(scope="module")
def fast() -> HyperscanEngine:
    return HyperscanEngine(load(), hyper.database(load()))


@pytest.fixture(autouse=True)
def no_engine_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine._Chosen, "engine", None)


def hits(by: Engine, path: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> Hits:
    monkeypatch.setattr(engine._Chosen, "engine", by)
    return {(hit.rule, hit.start, hit.end, str(hit.confidence)) for hit in scan(path, data).hits}


def texts() -> Iterator[tuple[str, str]]:
    """Texts with and without secrets, alone and amid others, on long lines and short ones."""
    for rule in load().rules:
        name = rule.names[0] if rule.names else "app/settings_store.py"
        yield name, f"# first\n{example(rule, 3)}\n"
        yield name, "x = 1; " * 300 + f'value = "{example(rule, 4)}"'
        for _, near in near_misses(rule):
            yield name, f"token = '{near}'\n"
    for row in (*FOUND, *FOR_REVIEW, *CLEAN):
        yield row[0], row[1]
        yield row[0], f"name: one\nkey: two\n\n{row[1]}\nelse: three # password\n"
    for path, text, secret, _ in FORMS:
        yield path, f"# first\nuser: a\n\n{text.format(secret)}\nelse: three\n"
    for path, text in NEAR:
        yield path, text
    together = "\n".join(row[1] for row in (*FOUND, *CLEAN))
    for path in ("a.py", "a.env", "a.yml", "a.ts", "a.xml", "a.tf"):
        yield path, together


def test_both_engines_lead_to_the_same_findings(fast: HyperscanEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    different = []
    found = 0
    for path, text in texts():
        data = text.encode()
        mine, theirs = hits(fast, path, data, monkeypatch), hits(pattern_engine(), path, data, monkeypatch)
        found += len(mine)
        if mine != theirs:
            # What differs is named by rule and place: the text may hold what looks like a secret.
            different.append((path, sorted(mine ^ theirs)))
    assert different == []
    assert found > len(load().rules)


def test_what_is_refused_is_counted_once_by_either_engine(
    fast: HyperscanEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ("STRIPE_SECRET_KEY: $stripe_key", "WEBHOOK_SECRET: $stripe_whsec", "DB_PWD: $pg_pwd", "API_KEY: $ai_key")
    text = ("run:\n  '{\n    " + ",\n    ".join(rows) + ",\n  }'\n").encode()
    counts = []
    for each in (fast, pattern_engine()):
        monkeypatch.setattr(engine._Chosen, "engine", each)
        left = scan("deploy.yml", text).left_out
        assert len(left) == len(set(left))
        counts.append(sorted(left))
    assert counts[0] == counts[1]
    assert {reason for reason, _ in counts[0]} >= {"template"}


@pytest.mark.long
def test_both_engines_agree_on_what_chance_makes(fast: HyperscanEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = random.Random(5)
    pieces = [text for _, text in texts()]
    for number in range(3_000):
        text = drawn.choice(("\n", " ", ", ", "\r\n")).join(drawn.sample(pieces, 4))
        cut = drawn.randrange(len(text))
        text = text[:cut] + drawn.choice(("", '"', "\n", " = ", "\x00", "é")) + text[cut + drawn.randrange(3) :]
        path = drawn.choice(("a.py", "conf/a.yml", ".env", "a.tsx", "Dockerfile", "README.md"))
        data = text.encode()
        mine, theirs = (
            # One value may be given to two names; which of them is told is all the same.
            {(start, end, confidence) for _, start, end, confidence in hits(each, path, data, monkeypatch)}
            for each in (fast, pattern_engine())
        )
        assert mine == theirs, number


def test_each_rule_is_told_of_by_its_examples_alone(fast: HyperscanEngine) -> None:
    def told(rule: Rule) -> bool:
        text = f"x\n{example(rule, 5)}\n".encode()
        if not rule.compiled.search(text):
            text = f'x = "{example(rule, 5)}"\n'.encode()
        found = fast.candidates(text, rule.names[0] if rule.names else "a.py")
        return found is not None and rule.id in {each.id for each in found.rules}

    assert [rule.id for rule in load().rules if not told(rule)] == []


def test_plain_code_is_left_at_once(fast: HyperscanEngine) -> None:
    code = b"import os\n\n\ndef add(first: int, second: int) -> int:\n    return first + second\n"
    assert fast.candidates(code, "a.py") is None


@pytest.mark.parametrize(
    "text", [b"", b"x = 1\n", b"api_key = settings.key\n", b"\0", b"key = '" + LIVE.encode() + b"'\n"]
)
def test_what_is_told_quickly_is_what_the_analysis_says(
    text: bytes, fast: HyperscanEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine._Chosen, "engine", fast)
    entry = FileEntry(path="a/b.py", size=len(text), mtime_ns=0, inode=0, kind=FileKind.SOURCE, tracked=True)
    quick, value = SecretsAnalyser().quick(entry, text), SecretsAnalyser().analyse(Source(entry, text)).value
    assert (json.loads(quick) if isinstance(quick, str) else quick and quick.value) == value
    assert isinstance(quick, str) is not (LIVE.encode() in text)
    assert bool(value and value["rows"]) is (LIVE.encode() in text)


def test_more_reports_than_anybody_can_use_lead_to_looking_everywhere(
    fast: HyperscanEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hyper, "_MOST_REPORTS", 10)
    found = fast.candidates(b"api_key = 'a1b2'\n" * 50, "a.py")
    assert isinstance(found, Candidates)
    assert found.assigned is None
    assert found.signing is None


def test_a_small_project_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hyper, "database", lambda rules: pytest.fail("compiled for a few bytes"))
    engine.expect(engine.WORTH_COMPILING - 1)
    assert isinstance(engine.engine(), PatternEngine)


def test_without_hyperscan_the_other_engine_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "hyperscan", None)
    engine.expect(engine.WORTH_COMPILING)
    assert isinstance(engine.engine(), PatternEngine)


@pytest.fixture(scope="module")
def kept(fast: HyperscanEngine, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The cache file as it is written."""
    folder = tmp_path_factory.mktemp("kept") / "shipworthy"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hyper, "database", lambda rules: fast.database)
        patch.setattr(kept_files, "folder", lambda: folder)
        assert hyper.compiled_engine(load()) is not None
        (file,) = folder.glob("hyperscan-*.db")
        assert file.stat().st_mode & 0o777 == 0o600
        assert isinstance(hyper.stored_engine(load()), HyperscanEngine)
        return file.read_bytes()


@pytest.fixture
def place(kept: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A good cache file, alone in its folder."""
    folder = tmp_path / "shipworthy"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(kept_files, "folder", lambda: folder)
    file = hyper._path(load())
    file.write_bytes(kept)
    file.chmod(0o600)
    assert hyper.stored_engine(load()) is not None
    return file


def turned(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    "change",
    [
        lambda file, data: file.write_bytes(turned(data, len(data) // 2)),
        lambda file, data: file.write_bytes(turned(data, 3)),
        lambda file, data: file.write_bytes(data[:-1]),
        lambda file, data: file.write_bytes(b""),
        lambda file, data: file.chmod(0o620),
        lambda file, data: file.chmod(0o602),
        lambda file, data: file.parent.chmod(0o777),
        lambda file, data: (file.rename(file.with_name("real")), file.symlink_to("real")),
        lambda file, data: (file.unlink(), file.mkdir()),
        lambda file, data: file.unlink(),
    ],
    ids=["turned", "other-layout", "cut", "empty", "group", "world", "open-folder", "symlink", "folder", "gone"],
)
def test_a_database_that_may_be_somebody_elses_is_not_loaded(place: Path, change: object) -> None:
    assert callable(change)
    change(place, place.read_bytes())
    assert hyper.stored_engine(load()) is None


def test_a_database_of_another_version_or_processor_has_another_name(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(hyper, "_machine", lambda: ("x86_64", "flags: fewer"))
        assert hyper._path(load()) != place
        assert hyper.stored_engine(load()) is None
    assert hyper._path(load()) == place


def test_a_database_that_other_code_made_has_another_name(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Numbers in it, and how expressions are loosened, are matters of code and not of rules.
    monkeypatch.setattr(kept_files, "program", lambda: "other")
    assert hyper._path(load()) != place
    assert hyper.stored_engine(load()) is None


def test_a_full_disk_costs_time_only(fast: HyperscanEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hyper, "database", lambda rules: fast.database)
    monkeypatch.setattr(kept_files, "write", full)
    assert isinstance(hyper.compiled_engine(load()), HyperscanEngine)


def test_rules_kept_for_the_next_start_are_the_rules(place: Path) -> None:
    rules.keep_rows()
    assert rules._kept_rows(load().digest) == rules._parsed(rules._texts())
    (file,) = place.parent.glob("rules-*.json")
    file.write_bytes(turned(file.read_bytes(), 500))
    assert rules._kept_rows(load().digest) is None
    assert rules.load.__wrapped__() == load()


@pytest.mark.parametrize(
    ("pattern", "loose"),
    [
        ("(?<![A-Za-z0-9])(?:ab{2,200})(?![A-Za-z0-9])", "(?:^|[^A-Za-z0-9])(?:ab{2,})(?:[^A-Za-z0-9]|\\z)"),
        ("a{3}b{4,9}c{100}d{80,90}", "a{3}b{4,9}c{24,}d{12,}"),
        ("x{1,}", "x{1,}"),
    ],
)
def test_a_loosened_pattern_is_shorter_and_wider(pattern: str, loose: str) -> None:
    assert prefilter.loosened(pattern) == loose


@pytest.mark.parametrize(
    ("pattern", "short"),
    [
        (r"(?i:\b[\w.-]{0,}(?:x|y))z", r"(?i:(?:x|y))z"),
        (r"(?m:^[ \t-]{0,}[\"']?\w*key)", r"(?m:key)"),
        (r"[\]a]?b", "b"),
        # What must stand there, what may be repeated, and what is one of several stays.
        (r"[ab]c", r"[ab]c"),
        (r"\w+c", r"\w+c"),
        (r"\w*?c", r"\w*?c"),
        (r"(?:\w{0,}x){2}", r"(?:\w{0,}x){2}"),
        (r"(?i:(?:\w{0,}x)+)y", r"(?i:(?:\w{0,}x)+)y"),
        (r"(?:\b|x)y", r"(?:\b|x)y"),
        (r"\b|x", r"\b|x"),
        (r"(?:\bx[)]{2}|(?:a\)b){3})y", r"(?:x[)]{2}|(?:a\)b){3})y"),
    ],
)
def test_what_need_not_stand_in_front_is_left_out(pattern: str, short: str) -> None:
    assert prefilter.headless(pattern) == short


def test_a_pattern_without_its_head_ends_wherever_the_whole_one_does() -> None:
    shortened = 0
    for rule in load().rules:
        whole = rule.outline or rule.pattern
        short = prefilter.headless(whole)
        shortened += short != whole
        compiled = re.compile(short)
        for text in (example(rule), f"x.{example(rule)}", f"\n\t- {example(rule)} "):
            for match in re.finditer(whole, text):
                ends = (compiled.match(text, start) for start in range(match.start(), match.end() + 1))
                assert any(found and found.end() == match.end() for found in ends), rule.id
    assert shortened > 20


def test_what_a_name_tells_at_once_leaves_nothing_out() -> None:
    stems = ("a", "Dockerfile", "x.Dockerfile", ".env", ".env.local", "prod.env", ".foorc", "config", "Makefile", "env")
    endings = sorted({*context._SIGNING_SUFFIX, *context._PLAIN_SUFFIX, *context._DATA_SUFFIX, "", ".rc", ".Py", ".x"})
    names = [stem + ending for stem in stems for ending in endings]
    known = {name: context_of(f"src/{name}") for name in names}
    assert [name for name, each in known.items() if each.plain and not may_be_plain(name)] == []
    assert [name for name, each in known.items() if each.signs and not may_sign(name)] == []
    assert not all(may_be_plain(name) for name in names)
