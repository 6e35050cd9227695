"""tests-pass: the suite really runs in the sandbox after a yes, and its results decide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from run_projects import APP, GOOD, HEAD, guard_is_long, kernel_only, rerun, run, unittest_project
from tests.support import git, make_repo, write

from shipworthy.facts.tests.running import sandbox
from shipworthy.model import OutcomeKind


def test_a_suite_that_passes(isolation: str, tmp_path: Path) -> None:
    outcome = run(tmp_path, unittest_project("    def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n"))
    assert outcome.kind is OutcomeKind.PASS, outcome
    assert outcome.summary == "1 passed: python -m unittest discover -s tests -t ."
    assert any(
        ("kernel namespaces" in line) == (isolation == "namespaces") for line in outcome.looked_at if "sandbox" in line
    )


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("    def test_add(self):\n        self.assertEqual(add(1, 2), 4)\n", "tests-fail"),
        ("    def test_add(self):\n        raise RuntimeError('broken')\n", "tests-fail"),
        ("    def setUp(self):\n        raise RuntimeError\n    def test_add(self):\n        pass\n", "tests-fail"),
        ("    @unittest.skip('all of them')\n    def test_add(self):\n        pass\n", "no-test-ran"),
        ("    def test_add(self):\n        os._exit(0)\n", "no-test-ran"),
        ("    def test_add(self):\n        os.kill(os.getpid(), 9)\n", "no-test-ran"),
    ],
)
def test_a_suite_that_fails(body: str, rule: str, tmp_path: Path) -> None:
    outcome = run(tmp_path, unittest_project(body))
    assert outcome.kind is OutcomeKind.FAIL, outcome
    assert outcome.findings[0].rule == rule


def test_an_import_of_the_projects_own_that_breaks_is_a_failure(tmp_path: Path) -> None:
    outcome = run(tmp_path, {**unittest_project(""), "tests/test_a.py": GOOD.replace("from app", "from app.core")})
    assert outcome.kind is OutcomeKind.FAIL


def test_a_package_that_is_not_installed_is_unknown(tmp_path: Path) -> None:
    outcome = run(tmp_path, {**unittest_project(""), "tests/test_a.py": "import no_such_package_xyz\n" + GOOD})
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "no_such_package_xyz is not installed" in outcome.summary


def test_a_service_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    body = "    def test_add(self):\n        socket.create_connection(('127.0.0.1', 9), 2)\n"
    outcome = run(tmp_path, unittest_project(body))
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert outcome.findings[0].rule == "needs-services"


@pytest.mark.parametrize("answer", [None, lambda command, why: False, lambda command, why: None])
def test_nothing_runs_without_a_yes(answer: Callable[[str, str], bool] | None, tmp_path: Path) -> None:
    place = tmp_path / "ran"
    files = unittest_project(f"    def test_add(self):\n        open({str(place)!r}, 'w')\n")
    outcome = run(tmp_path / "repo", files, consent=answer)
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert outcome.summary == "not run yet: `python -m unittest discover -s tests -t .` needs your yes"
    assert [finding.rule for finding in outcome.findings] == ["consent-needed"]
    assert [ask.command for ask in outcome.asks] == ["python -m unittest discover -s tests -t ."]
    assert not place.exists()


def test_the_question_names_command_sandbox_and_limits(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    def no(command: str, why: str) -> bool:
        asked.append((command, why))
        return False

    run(tmp_path, unittest_project("    def test_add(self):\n        pass\n"), consent=no)
    ((command, why),) = asked
    assert command == "python -m unittest discover -s tests -t ."
    assert "in a copy of the tree" in why
    assert "10 minutes" in why


def test_no_tests_fail_only_where_everything_was_readable(tmp_path: Path) -> None:
    assert run(tmp_path / "a", {"app.py": APP}).kind is OutcomeKind.FAIL
    assert run(tmp_path / "b", {"app.py": APP, "main_test.go": "package main\n"}).kind is OutcomeKind.UNKNOWN


def test_a_suite_whose_command_is_unclear_is_unknown(tmp_path: Path) -> None:
    files = {"package.json": '{"scripts": {"test": "jest --watch"}}', "a.test.js": "it('a', () => {})\n"}
    outcome = run(tmp_path, files)
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "only watches" in outcome.summary


def test_a_runner_that_is_not_installed_is_unknown_and_asks_nothing(tmp_path: Path) -> None:
    files = {"package.json": '{"scripts": {"test": "jest"}}', "a.test.js": "it('a', () => {})\n"}
    outcome = run(tmp_path, files, consent=None)
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert outcome.asks == ()
    assert "cannot run here" in outcome.summary


def test_a_run_over_time_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shipworthy.facts.tests.run.LIMITS", sandbox.Limits(seconds=2))
    outcome = run(tmp_path, unittest_project("    def test_add(self):\n        time.sleep(60)\n"))
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "still running" in outcome.summary


HOSTILE = {
    "writes into the tree": "open('app.py', 'w').write('x = 1'); open('new.txt', 'w').write('x')",
    "reads secrets of the environment": "assert 'AWS_SECRET_ACCESS_KEY' not in os.environ",
    "finds a home of its own": "assert not os.listdir(os.path.expanduser('~'))",
    "leaves a daemon": "os.fork() or (os.setsid(), time.sleep(120), os._exit(0))",
    "prints without end": "[sys.stdout.write('x' * 10_000 + chr(10)) for _ in range(2_000)]",
}


@guard_is_long
@pytest.mark.parametrize("action", HOSTILE.values(), ids=HOSTILE)
def test_the_users_tree_and_secrets_are_out_of_reach(action: str, isolation: str, tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    files = unittest_project(f"    def test_add(self):\n        {action}\n        self.assertEqual(add(1, 2), 3)\n")
    files[".env.local"] = "SECRET=1\n"
    outcome = run(repo, files, environment={"AWS_SECRET_ACCESS_KEY": "hidden"})
    assert outcome.kind is OutcomeKind.PASS, outcome
    assert git(repo, "status", "--porcelain") == ""
    assert any(".env.local" in line for line in outcome.looked_at)


def test_the_network_is_out_of_reach(isolation: str, tmp_path: Path) -> None:
    body = (
        "    def test_out(self):\n"
        "        with self.assertRaises(OSError):\n            socket.create_connection(('192.0.2.1', 80), 3)\n"
        "        with self.assertRaises(OSError):\n            socket.getaddrinfo('host.example', 80)\n"
        "        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "        with self.assertRaises(OSError):\n            s.sendto(b'x', ('192.0.2.1', 53))\n"
        "    def test_here(self):\n"
        "        s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n"
        "        socket.create_connection(s.getsockname()).close(); s.close()\n"
    )
    outcome = run(tmp_path, unittest_project(body))
    assert outcome.kind is OutcomeKind.PASS, outcome


@kernel_only
def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("outside")
    repo = make_repo(
        tmp_path / "repo", unittest_project("    def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n")
    )
    (repo / "out").symlink_to(secret)
    (repo / "inside").symlink_to("app.py")
    body = (
        "    def test_add(self):\n        self.assertFalse(os.path.lexists('out'))\n"
        "        self.assertTrue(os.path.exists('inside'))\n"
    )
    write(repo, {"tests/test_a.py": HEAD + body})
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "links")
    assert rerun(repo).kind is OutcomeKind.PASS


def test_a_secret_a_test_prints_is_masked(tmp_path: Path) -> None:
    token = "sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    body = f"    def test_add(self):\n        self.fail('key ' + {token[:10]!r} + {token[10:]!r})\n"
    outcome = run(tmp_path, unittest_project(body))
    assert outcome.kind is OutcomeKind.FAIL
    assert token not in repr(outcome)


def test_variables_of_the_projects_test_file_are_set(tmp_path: Path) -> None:
    body = (
        "    def test_add(self):\n        self.assertEqual(os.environ['API'], 'http://localhost')\n"
        "        self.assertIn('/bin', os.environ['PATH'])\n"
    )
    files = {**unittest_project(body), ".env.test": "API='http://localhost'\nPATH=/evil\nLD_PRELOAD=/evil.so\n"}
    assert run(tmp_path, files).kind is OutcomeKind.PASS


def test_the_example_file_is_tried_where_the_suite_fails_without(tmp_path: Path) -> None:
    body = "    def test_add(self):\n        self.assertTrue(os.environ['API'])\n"
    outcome = run(tmp_path, {**unittest_project(body), ".env.example": "API=http://localhost # here\n"})
    assert outcome.kind is OutcomeKind.PASS
    assert any(".env.example" in finding.message for finding in outcome.findings)


@pytest.mark.parametrize(
    "harm",
    [
        "remove",
        "truncate",
        pytest.param("empty", marks=pytest.mark.long),
        pytest.param("folder", marks=pytest.mark.long),
    ],
)
def test_never_a_pass_when_something_read_is_damaged(harm: str, tmp_path: Path) -> None:
    files = unittest_project("    def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n")
    for number, path in enumerate(["app.py", "tests/test_a.py"]):
        folder = make_repo(tmp_path / str(number), files)
        data = (folder / path).read_bytes()
        (folder / path).unlink()
        if harm == "empty":
            (folder / path).write_bytes(b"")
        elif harm == "truncate":
            (folder / path).write_bytes(data[: len(data) // 2].rstrip(b"\n"))
        elif harm == "folder":
            (folder / path).mkdir()
        assert rerun(folder).kind is not OutcomeKind.PASS, path
