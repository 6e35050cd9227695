"""Follows `buildkite-agent pipeline upload`, which adds steps to the build that runs it.

Source: the agent's page "buildkite-agent pipeline", "Uploading pipelines".
"""

from __future__ import annotations

from collections.abc import Sequence

from shipworthy.facts.pipeline.resolve import Frame, Resolver, Written
from shipworthy.facts.pipeline.shell_words import join_path
from shipworthy.facts.pipeline.words import words as _words
from shipworthy.facts.pipeline.wrappers import skip_options

WHERE = "buildkite pipeline"
"""`Written.where` of an uploaded file; its text is the file's path in the repository."""
USUAL = (
    "buildkite.yml", "buildkite.yaml", "buildkite.json", ".buildkite/pipeline.yml", ".buildkite/pipeline.yaml",
    ".buildkite/pipeline.json", "buildkite/pipeline.yml", "buildkite/pipeline.yaml", "buildkite/pipeline.json",
)  # fmt: skip
_VALUED = _words("--job --agent-access-token --endpoint --log-level --experiment --profile --format --reject-secrets")


def follow(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """A file of the repository is written down for the reader; steps that a program writes are lost."""
    if list(words[1:3]) != ["pipeline", "upload"]:
        return True
    at = skip_options(words, 3, _VALUED)
    if at >= len(words):
        # Without a file it reads what is piped to it, else the first usual file. A line tells which.
        line = frame.chain[-1].text if frame.chain else ""
        piped = "|" in line or "<" in line or frame.folder is None
        path = None if piped else next((each for each in USUAL if r.tree.is_file(each)), None)
    else:
        path = join_path(frame.folder, words[at])
    if path is not None and r.tree.is_file(path):
        r.written.append(Written(WHERE, path, frame.runs))
    else:
        r.lose("its steps are put together at run time", frame, anything=True)
    return True
