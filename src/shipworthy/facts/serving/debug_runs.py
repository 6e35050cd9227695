"""Finds calls such as `app.run(debug=True)` by their text, whatever `app` is: the app itself may not be understood."""

from __future__ import annotations

import re
from collections.abc import Iterator

_RUN = re.compile(r"(?<![\w.])(?P<owner>[A-Za-z_][\w.]{0,80})\.run\(")
_SERVES = re.compile(r"(?:^|[._])(?:app|application|api|server|socketio|sio|web|site)$|app$", re.I)
"""Names of things that answer requests; a task, a bot or an event loop is run in debug mode by the same words."""
_ON = re.compile(r"\bdebug\s{0,5}=\s{0,5}(?:True|1)\s{0,5}(?:[,)#]|$)")
_MAIN = re.compile(r"^if\s{1,5}__name__\b", re.M)
MAX_ARGUMENTS = 1_000
"""Characters of a call that are looked at."""
MAX_CALLS = 50
"""How many are kept of one file: the first settles it."""


def debug_runs(text: str) -> Iterator[tuple[str, int, int, bool]]:
    """(as written, offset, line from 1, whether it stands below `if __name__ == "__main__"`) of each such call."""
    main = _MAIN.search(text)
    for match in _RUN.finditer(text):
        if _SERVES.search(match["owner"]) and _ON.search(_arguments(text, match.end())):
            start = text.rfind("\n", 0, match.start()) + 1
            below = main is not None and match.start() > main.start() and text[start : start + 1].isspace()
            yield f"{match['owner']}.run(debug=True)", match.start(), text.count("\n", 0, match.start()) + 1, below


def _arguments(text: str, start: int) -> str:
    """What stands between the brackets; all that is looked at where they do not close."""
    depth = 1
    for position in range(start, min(len(text), start + MAX_ARGUMENTS)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return text[start : position + 1]
    return text[start : start + MAX_ARGUMENTS]
