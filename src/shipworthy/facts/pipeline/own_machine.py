"""What a job starts and leaves running on a machine of the project's own: there that may be the deploy itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from shipworthy.facts.pipeline.fact import Kind, Said
from shipworthy.facts.pipeline.neutral import is_neutral
from shipworthy.facts.pipeline.shell_machine import IN_BACKGROUND
from shipworthy.facts.pipeline.shell_words import Values
from shipworthy.facts.pipeline.words import words
from shipworthy.facts.pipeline.wrappers import program_of

_STARTS = re.compile(r"(re)?start|reload|startOrRe(start|load)|try-restart|reload-or-restart|enable")
_TOOLS = re.compile(
    r"docker|containerd|podman|ssh|sshd|cron|dbus|postgres|mysql|mariadb|redis|mongo|rabbitmq|elastic|memcached|apt|xvfb|"
    r"network|firewall|systemd|libvirt|snapd|avahi",
    re.I,
)
"""Services that a pipeline starts for itself."""
_SERVERS = words("vite next nuxt node serve http-server http.server react-scripts astro nest ng tsx ts-node")
"""Programs that serve an app, and that elsewhere decide nothing."""


class Where(Protocol):
    """What a frame says of the machine."""

    @property
    def variables(self) -> Mapping[str, Values]: ...
    @property
    def fails(self) -> Said: ...


def kept_running(where: Where) -> Kind | None:
    """What starting something here is; None on the machine of a host, which is thrown away after the job."""
    if where.variables.get("RUNNER_ENVIRONMENT") == ("self-hosted",):
        return Kind.UP
    # Whether an agent of Jenkins is the server itself is not told.
    return Kind.LEFT if "JENKINS_URL" in where.variables else None


def left_running(given: Sequence[str], where: Where) -> Kind | None:
    """UP for a service that is started again, LEFT for what runs on in the background; None for anything else."""
    if kept_running(where) is None:
        return None
    plain = [word for word in given[1:] if not word.startswith("-")]
    name = program_of(given[0])
    if name in ("systemctl", "supervisorctl", "pm2", "service"):
        doing = plain[1:2] if name == "service" else plain[:1]
        about = plain[:1] if name == "service" else plain[1:]
        starts = any(map(_STARTS.fullmatch, doing)) and not any(map(_TOOLS.match, about))
        return Kind.UP if starts and about else None
    if where.fails.why != IN_BACKGROUND or (name not in _SERVERS and is_neutral(given)):
        return None
    return Kind.LEFT
