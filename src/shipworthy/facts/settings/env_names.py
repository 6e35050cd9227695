"""Tells from a file's name whether it is an env file, an example of one, or a settings file of .NET or Azure.

Sources: the documentation of dotenv, dotenvx, direnv, Flask, Wrangler, Azure Functions and ASP.NET Core; the names that
editors and file managers give a copy.
"""

from __future__ import annotations

import re

from shipworthy.facts.settings.model import ListingKind

_EXAMPLE = re.compile(
    r"^(?:\.?env(?:rc)?[._-](?:[\w.-]+[._-])?(?:example|sample|template|tmpl|tpl|dist|defaults?|skel|schema)"
    r"|(?:example|sample|template|default)[._-]?\.?env(?:[._-][\w.-]+)?|[\w.-]+\.env[._-](?:example|sample|template|dist)"
    r"|secrets\.toml[._-](?:example|sample|template)|(?:secrets[._-])?(?:example|sample|template)[._-]secrets\.toml"
    r"|secrets[._-](?:example|sample|template)\.toml|\.env(?:\.[\w-]+)*\.(?:example|sample|template|tmpl|dist)"
    r"|\.dev\.vars[._-](?:example|sample|template|dist)|\.env[._-](?:example|sample|template)[._-][\w.-]+"
    r"|(?:[\w.-]+[._-])?(?:example|sample|template)(?:[._-][\w.-]+)?\.env)$"
)
_STAGE = (
    r"(?:prod|production|staging|stage|live|preview|local|dev|develop|development|docker|test|testing|ci|qa|uat|txt|sh)"
)
_ENV_FILE = re.compile(
    r"^(?:\.env(?:[._-][\w.-]+)?|[\w.-]+\.env|\.envrc(?:\.[\w.-]+)?|\.flaskenv|\.dev\.vars(?:\.[\w.-]+)?"
    rf"|env(?:[._-]{_STAGE})+)$"
)
_COPY = re.compile(
    r"(?i)(?:~|\.~\d+~|[ ]copy(?:[ ]\d+)?|[ ]\(\d+\)|[ ]-[ ]copy|[._-](?:bak|backup|old|orig|save|copy)\d*)+$"
)
"""What editors, file managers and people put behind the name of a copy."""
_SETS = re.compile(r"(?:^|/)(?:\.envs|envs|\.env\.d|env\.d)/(?:[\w.-]+/)*\.?[\w-]+$")
"""A folder of env files, whose own names may be anything without an ending."""
_JSON = re.compile(
    r"(?i)^(?:local\.settings\.json|appsettings\.(?:prod|production|staging|stage|live|release)\.json|\.env-cmdrc(?:\.json)?)$"
)


def plain(name: str) -> str:
    """A file's name without what a copy of it has around it: ".env" of ".env.bak", ".env~", "#.env#" and ".env.swp"."""
    name = name.removeprefix(".#")
    name = name[1:-1] if name.startswith("#") and name.endswith("#") else name
    if name.endswith((".swp", ".swo")):
        name = name[:-4]
        name = name[1:] if name.startswith("..") else name
    return _COPY.sub("", name)


def kind_of_name(path: str) -> ListingKind | None:
    """Whether a path is that of an env file, an example of one, or of settings in JSON; None for any other."""
    name = plain(path.rpartition("/")[2])
    if _EXAMPLE.match(name):
        return ListingKind.EXAMPLE
    if _JSON.match(name):
        return ListingKind.SETTINGS_JSON
    return ListingKind.ENV_FILE if _ENV_FILE.match(name) or _SETS.search(path) else None


def one_of_a_set(path: str) -> bool:
    """Whether a path lies in a folder that holds env files by other names, as `.envs/.production/.django`."""
    return bool(_SETS.search(path))
