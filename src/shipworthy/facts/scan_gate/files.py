"""What the files say that a scanner reads: a configuration of gitleaks, TruffleHog's lists of paths, filters of GitHub.

Sources: gitleaks' README, "Configuration": a file without `[extend]` takes the place of the built-in rules,
`useDefault` takes precedence over `path`, a path starts where gitleaks does.
TruffleHog's `--help`: a list has one expression a line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from shipworthy.facts.base import View
from shipworthy.facts.pipeline import Pipeline
from shipworthy.facts.pipeline.fact import YES, Said, no, unsure
from shipworthy.facts.pipeline.globs import lets_by
from shipworthy.facts.pipeline.secret_scanners import from_root
from shipworthy.facts.secrets.allow.gitleaks_toml import GITLEAKS_TOML, GitleaksToml
from shipworthy.facts.secrets.allow.go_regex import GoRegex, OverWork, Work
from shipworthy.facts.secrets.allow.go_syntax import BadPattern
from shipworthy.facts.secrets.allow.wide import own_paths, wide_path

_DEEPEST = 2
"""How many files gitleaks extends one after the other."""
_NO_TEXT = re.compile(
    r"(?i)\.(?:png|jpe?g|gif|webp|avif|ico|svg|bmp|tiff?|pdf|woff2?|ttf|otf|eot|mp[34]|mov|webm|wav|ogg|zip|gz|xz|jar)$"
    r"|(?:^|/)(?:LICEN[CS]E|COPYING|NOTICE|AUTHORS|CODEOWNERS|\.gitignore|\.gitattributes|\.editorconfig)[\w.-]*$"
)
"""Files in which nobody looks for a key, or that hold nothing one could write it to."""


def configured(view: View, path: str, depth: int = 0) -> Said:
    """Whether gitleaks finds secrets by a configuration; a yes where there is no such file, as by its own rules."""
    data = view.read(path) if view.exists(path) else None
    if data is None:
        return YES
    config = GitleaksToml(data, Work(), own_paths(view.entries()))
    if config.problems_of_form:
        return unsure(f"{path} is not valid TOML, so gitleaks cannot start and looks for nothing")
    place = config.passes_over_most
    if place is not None:
        return unsure(f"the list at {str(place).replace(GITLEAKS_TOML, path)} passes over most of what is here")
    table = _lower(tomllib.loads(data.decode("utf-8-sig", "replace")))
    extend = table.get("extend")
    extend = _lower(extend) if isinstance(extend, dict) else {}
    default, base = extend.get("usedefault", False), extend.get("path")
    if not isinstance(default, bool):
        return unsure(f"useDefault in {path} is neither true nor false, so gitleaks cannot start")
    if default:
        return YES
    own = any(_searches(each) for each in table.get("rules") or () if isinstance(each, dict))
    if isinstance(base, str) and base:
        return _extended(view, path, base, depth, own=own)
    if own:
        return YES
    if extend.get("url"):
        return unsure(f"{path} extends what lies at an address, and what gitleaks makes of that is not known here")
    return no(f"{path} has no rules and does not extend the built-in ones, so gitleaks looks for nothing")


def _extended(view: View, path: str, base: str, depth: int, *, own: bool) -> Said:
    named = from_root(base)
    if not named or not view.exists(named):
        return unsure(f"{path} extends {base[:80]}, which is not here, so what gitleaks looks for is not known")
    if depth >= _DEEPEST:
        return YES if own else unsure(f"{path} extends one file more than gitleaks follows")
    said = configured(view, named, depth + 1)
    return YES if own and said.no else said


def _searches(rule: Mapping[str, Any]) -> bool:
    """Whether a rule looks for anything: one without an expression has no effect, gitleaks warns."""
    known = _lower(rule)
    return bool(known.get("regex") or known.get("path"))


def _lower(table: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key).lower(): value for key, value in table.items()}


def listed(view: View, path: str, only: bool) -> Said:
    """Whether a scan that leaves these paths out, or looks at them only, still looks at what is here."""
    source = view.source(path) if view.exists(path) else None
    if source is None:
        return unsure(f"the list of paths {path} is not here, so what it leaves is not known")
    own, work = own_paths(view.entries()), Work()
    try:
        patterns = [GoRegex(line.strip(), work) for line in source.text.splitlines() if line.strip()]
        if only:
            whole = all(any(pattern.search(each) for pattern in patterns) for each in own) if patterns else True
            return YES if whole else unsure(f"the list of paths {path} leaves files of the repository out")
        wide = any(wide_path(pattern, own) for pattern in patterns)
        gone = [each for each in own if any(pattern.search(each) for pattern in patterns)]
    except (BadPattern, OverWork):
        return unsure(f"the list of paths {path} could not be understood")
    most = wide or len(gone) * 2 > len(own)
    return unsure(f"the list of paths {path} passes over most of what is here") if most else YES


def left_out(view: View, pipeline: Pipeline) -> dict[tuple[str, str], frozenset[str]]:
    """By (workflow, scenario) with a scan: files that could hold a key and whose change does not start it."""
    scanning = {leaf.workflow for leaf in pipeline.leaves if leaf.secrets is not None}
    starts = [(each.path, one) for each in pipeline.workflows if each.path in scanning for one in each.scenarios]
    if not any(start.filters for _, start in starts):
        return {}
    texts = [each.path for each in view.entries() if each.by_hand and not _NO_TEXT.search(each.path)]
    found: dict[tuple[str, str], frozenset[str]] = {}
    for workflow, start in starts:
        missed = frozenset[str]()
        for key, patterns in start.filters:
            missed |= {path for path in texts if lets_by(patterns, path) is (key != "paths")}
        found[workflow, start.name] = missed
    return found
