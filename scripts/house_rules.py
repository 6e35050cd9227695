"""House rules a linter does not know: file length, no path of one machine, no secret-shaped text, no index address."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

MAX_LINES = 400
# One letter of each pattern stands in brackets, so that this file does not break its own rules.
_RULES = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:w[o]rk|r[o]ot)/"),
    "the address of a package index": re.compile(
        r"python[h]osted\.|(?<![a-z])p[y]pi\.org|registry\.(?:npm[j]s|yarn[p]kg)|deb\.deb[i]an|cr[a]tes\.io"
    ),
    "text shaped like a secret": re.compile(
        r"sk_live_[0-9A-Za-z]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36}|xox[abpr]-[0-9A-Za-z-]{20,}"
        r"|-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE [K]EY-----"
    ),
}


def main() -> int:
    """Print every breach as file:line: rule; 1 if there is one."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True).stdout
    breaches: list[str] = []
    for name in listed.decode().split("\0"):
        path = Path(name)
        if not name or path.is_symlink() or not path.is_file():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        lines = text.splitlines()
        if path.suffix == ".py" and len(lines) > MAX_LINES:
            breaches.append(f"{name}:{len(lines)}: longer than {MAX_LINES} lines")
        for number, line in enumerate(lines, 1):
            breaches += [f"{name}:{number}: {rule}" for rule, pattern in _RULES.items() if pattern.search(line)]
    tests = [Path(name).name for name in listed.decode().split("\0") if re.match(r"tests/.*test_\w+\.py$", name)]
    breaches += [
        f"{name}: more than one test file has this name" for name in sorted(set(tests)) if tests.count(name) > 1
    ]
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
