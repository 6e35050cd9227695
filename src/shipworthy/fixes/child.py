"""Makes one fix in a process of its own, as the coach needs it: `python -P -m shipworthy.fixes.child ROOT ITEM`.

It prints one JSON object: the fix with its diff, why there is none, or what went wrong. Nothing is written.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from shipworthy.assess.context import default_context
from shipworthy.assess.rules import RulesError, read_rules
from shipworthy.bugs import bug
from shipworthy.fixes.model import Fix, FixError
from shipworthy.fixes.propose import propose, shown
from shipworthy.fixes.wire import dump
from shipworthy.project import ProjectError


def answer(root: Path, item: str) -> dict[str, Any]:
    """`{"fix", "diff"}`, `{"why"}` or `{"error", "advice"}`."""
    try:
        found = propose(read_rules(root).checklist.item(item), root, default_context())
        if isinstance(found, Fix):
            return {"fix": dump(found), "diff": list(shown(found, root))}
        return {"why": found.why}
    except (ProjectError, RulesError, FixError) as error:
        return {"error": str(error), "advice": error.diagnostics}
    except Exception as error:
        return {"error": bug("making the fix", error), "advice": "Report this; nothing was changed."}


def main() -> None:
    # Whatever a library prints must not land in the answer.
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    with out:
        json.dump(answer(Path(sys.argv[1]), sys.argv[2]), out)


if __name__ == "__main__":
    main()
