"""Whether the name of a container image always means the same image."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shipworthy.facts.hardening.fact import Degree

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_MOVES = frozenset(
    {"latest", "main", "master", "edge", "nightly", "next", "dev", "develop", "canary", "head", "trunk", "unstable"}
)
_VARIABLE = re.compile(
    r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?|\$\(([\w.]+)\)|\$\{\{.*?\}\}|\$\[\[.*?\]\]|<<.*?>>|\{\{.*?\}\}"
)
_OWN = re.compile(r"^\$\{?(CI_REGISTRY_IMAGE|CI_REGISTRY|CI_TEMPLATE_REGISTRY_HOST)\b|\$\{?PROJECT_ID\b")
_THE_CHANGE = re.compile(r"SHA|COMMIT|BUILD|REVISION|VERSION|TAG|PIPELINE|RUN_ID|DIGEST", re.I)
_MAKERS = (
    "gcr.io/cloud-builders/",
    "gcr.io/google.com/cloudsdktool/",
    "gcr.io/k8s-skaffold/",
    "gcr.io/kaniko-project/",
)
"""The CI system's own images (Cloud Build's documentation names them without a tag)."""


def judged(image: str, variables: Mapping[str, str] | None = None) -> tuple[Degree, str] | None:
    """What is wrong with an image's name, and why; None where a digest or a version's tag fixes it.

    `variables`: what the file itself sets, by name. A name that comes from elsewhere is a question.
    """
    image = image.strip().strip("\"'")
    for _ in range(4):
        filled = _VARIABLE.sub(lambda match: (variables or {}).get(match[1] or "", match[0]), image)
        if filled == image:
            break
        image = filled
    if not image or image == "scratch" or _DIGEST.search(image):
        return None
    own = bool(_OWN.search(image))
    plain = _VARIABLE.sub(lambda match: "\0" + re.sub(r"[^A-Za-z_]", "", match[0]) + "\0", image)
    name, _, tag = plain.rpartition(":") if ":" in plain.rsplit("/", 1)[-1] else (plain, "", "")
    if "\0" in tag:
        parts = tag.split("\0")
        known = any(part for part in parts[::2]) or _THE_CHANGE.search(tag)
        return None if known else (Degree.ASK, "its tag is set outside this file")
    if tag and tag.lower() not in _MOVES:
        return None
    if not own and not tag and name.count("\0") == 2 and name.startswith("\0") and name.endswith("\0"):
        return Degree.ASK, "the whole name is set outside this file"
    why = f"`{tag}` is whatever was pushed last" if tag else "without a tag it is whatever was pushed last"
    if own:
        return Degree.REMARK, f"{why}, by your own pipeline"
    if image.startswith(_MAKERS):
        return Degree.REMARK, f"{why}, by the maker of the CI system"
    return Degree.WEAK, why
