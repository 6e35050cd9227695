"""A second process is a copy of this one where that is safe, and ends with it either way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support import make_repo

from shipworthy.facts import process

linux = pytest.mark.skipif(sys.platform != "linux", reason="no copies are made but on Linux")
BEFORE = "in the buffer when the copy was made"
PASSWORD = "Vq9mT2" + "zLw4kR"


def alone(script: str, *arguments: object) -> Any:
    """What a script prints as JSON that runs in a process of its own, where nothing runs beside it."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    *before, said = done.stdout.splitlines()
    assert before in ([], [BEFORE])
    return json.loads(said)


LOOK = """
import json, os, sys
from pathlib import Path
from shipworthy.facts import bulk, process, team
from shipworthy.facts.scan import Scan
from shipworthy.facts.secrets.analyser import SecretsAnalyser
from shipworthy.facts.settings.code_analyser import CodeSettings
from shipworthy.project import Project

bulk.WORTH_A_PROCESS, team.LEAST_BYTES = 0, 1
bulk.STRETCH_FILES = 2
bulk.processes = team.processes = lambda: 2
copying, heavy = (word == "yes" for word in sys.argv[2:4])
assert process.may_copy()
copies = []
copied = process._copied
process._copied = lambda *told: copies.append(copied(*told)) or copies[-1]
if not copying:
    process.may_copy = lambda: False
answers = []
pump, told = bulk._Crew.pump, team.Team.pump
def noted(*rest):
    for each in pump(*rest):
        answers.append(each[0])
        yield each
def counted(*rest):
    found = told(*rest)
    answers.extend(job.entry.path for job, _ in found)
    return found
bulk._Crew.pump, team.Team.pump = noted, counted
def waiting(before):
    def later(*rest):
        import select
        while not answers and workers and not workers[0].over:
            select.select([workers[0].back], [], [], 20)
            break
        return before(*rest)
    return later
workers = []
Worker = team.Worker
bulk.Worker = team.Worker = lambda *told: workers.append(Worker(*told)) or workers[-1]
bulk.Bulk._here = waiting(bulk.Bulk._here)
analysers = [SecretsAnalyser(), *([CodeSettings()] if heavy else [])]
values, gaps = Scan(Project.open(Path(sys.argv[1])), analysers).of(analysers[0])
print(json.dumps({
    "values": dict(values), "gaps": len(gaps), "copies": len(copies), "answers": len(answers),
    "over": [each.over for each in workers],
}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {f"src/m{number:02}/a.py": f"DB_PASSWORD = '{PASSWORD}{number}'\n" * 20 for number in range(40)}
    return make_repo(tmp_path_factory.mktemp("process") / "r", files)


@linux
@pytest.mark.parametrize("heavy", ["no", "yes"])
def test_a_copy_answers_as_one_started_anew_does(folder: Path, heavy: str) -> None:
    copied, anew = (alone(LOOK, folder, copying, heavy) for copying in ("yes", "no"))
    assert copied["copies"] == 1
    assert anew["copies"] == 0
    assert copied["values"] == anew["values"]
    assert len(copied["values"]) == 40
    assert copied["gaps"] == anew["gaps"] == 0
    assert copied["over"] == anew["over"] == [True]
    if heavy == "no":
        assert copied["answers"]
        assert anew["answers"]


def test_beside_another_thread_no_copy_is_made() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, daemon=True)
    thread.start()
    try:
        assert not process.may_copy()
    finally:
        stop.set()
        thread.join()


COPY = """
import json, os, signal, sys, time
from shipworthy.facts import process

def serve(incoming, outgoing):
    for line in incoming:
        if line == b"die\\n":
            os.kill(os.getpid(), signal.SIGKILL)
        if line == b"raise\\n":
            raise ValueError("a secret " + line.decode())
        names = sorted(int(name) for name in os.listdir("/proc/self/fd"))
        told = {"cwd": os.getcwd(), "open": names, "pid": os.getpid(), "kept": os.fstat(kept).st_ino}
        print("this must not be seen", flush=True)
        sys.stderr.write("nor this")
        outgoing.write(json.dumps(told).encode() + b"\\n")
        outgoing.flush()

module = type(sys)("answering")
module.serve = serve
sys.modules["answering"] = module
kept = os.open("/dev/null", os.O_RDONLY)
other = os.open("/dev/zero", os.O_RDONLY)
print("in the buffer when the copy was made")  # and written once, by this process
each = process.Process("answering", (kept,))
"""


@linux
def test_a_copy_holds_nothing_open_but_what_it_was_given() -> None:
    said = alone(
        COPY
        + """
os.write(each.to, b"tell\\n")
told = json.loads(os.read(each.back, 4096))
assert each.end() == -signal.SIGKILL and each.end() == -signal.SIGKILL and each.over
told |= {"mine": os.getpid(), "same": told.pop("kept") == os.fstat(kept).st_ino, "was": kept}
print(json.dumps(told))
"""
    )
    assert said["pid"] != said["mine"]
    assert said["cwd"] == "/"
    assert said["same"]
    # 0, 1, 2, two pipes, what was kept, and the listing itself.
    assert len(said["open"]) == 7
    assert said["was"] in said["open"]


@linux
@pytest.mark.parametrize(("word", "code"), [("die", -9), ("raise", 1)])
def test_a_copy_that_is_lost_tells_its_end_and_nothing_else(word: str, code: int) -> None:
    said = alone(
        COPY
        + f"""
os.write(each.to, b"{word}\\n")
end = os.read(each.back, 100)
time.sleep(0.2)
print(json.dumps([end.decode(), each.end()]))
"""
    )
    assert said == ["", code]


@linux
def test_a_copy_ends_with_the_one_that_made_it(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    script = COPY + f"open({str(file)!r}, 'w').write(str(each._pid)); sys.stdout.flush(); os._exit(0)"
    subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=True)
    until = time.monotonic() + 10
    while time.monotonic() < until and _alive(int(file.read_text())):
        time.sleep(0.02)
    assert not _alive(int(file.read_text()))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
