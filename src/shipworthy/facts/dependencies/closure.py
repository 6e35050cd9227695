"""Whether a list of exact Python versions is the whole of what gets installed, or only what somebody typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Package -> (first major version it is true of, what it cannot be installed without on any platform).
# Source: each project's own package metadata.
_BRINGS: dict[str, tuple[int, tuple[str, ...]]] = {
    "flask": (0, ("werkzeug", "jinja2", "itsdangerous", "click")),
    "jinja2": (0, ("markupsafe",)),
    "django": (3, ("asgiref", "sqlparse")),
    "djangorestframework": (0, ("django",)),
    "fastapi": (0, ("starlette", "pydantic")),
    "uvicorn": (0, ("click", "h11")),
    "pydantic": (1, ("typing-extensions",)),
    "requests": (2, ("urllib3", "idna", "certifi")),
    "httpx": (0, ("httpcore", "certifi", "idna")),
    "sqlalchemy": (2, ("typing-extensions",)),
    "flask-sqlalchemy": (0, ("flask", "sqlalchemy")),
    "flask-login": (0, ("flask", "werkzeug")),
    "flask-cors": (0, ("flask",)),
    "alembic": (0, ("sqlalchemy", "mako")),
    "mako": (0, ("markupsafe",)),
    "celery": (4, ("kombu", "billiard", "vine")),
    "kombu": (4, ("amqp",)),
    "pandas": (0, ("numpy", "python-dateutil")),
    "python-dateutil": (2, ("six",)),
    "scipy": (0, ("numpy",)),
    "scikit-learn": (0, ("numpy", "scipy", "joblib")),
    "matplotlib": (2, ("numpy", "cycler", "kiwisolver", "pyparsing")),
    "boto3": (1, ("botocore", "jmespath", "s3transfer")),
    "botocore": (1, ("jmespath", "urllib3", "python-dateutil")),
    "aiohttp": (3, ("multidict", "yarl", "attrs")),
    "openai": (1, ("httpx", "pydantic")),
    "anthropic": (0, ("httpx", "pydantic")),
    "typer": (0, ("click",)),
    "rich": (0, ("pygments",)),
    "beautifulsoup4": (4, ("soupsieve",)),
    "cryptography": (0, ("cffi",)),
    "cffi": (1, ("pycparser",)),
    "python-jose": (0, ("ecdsa", "rsa", "pyasn1")),
    "streamlit": (0, ("pandas", "numpy", "requests")),
}


def missing_from(held: Mapping[str, str | None]) -> tuple[tuple[str, str], ...]:
    """(package, what it needs) for every need that a list of name -> version leaves out. Each is certain."""
    return tuple(
        (name, need)
        for name, version in held.items()
        if name in _BRINGS and _major(version) >= _BRINGS[name][0]
        for need in _BRINGS[name][1]
        if need not in held
    )


def vouched_for(held: Mapping[str, str | None]) -> tuple[str, ...]:
    """Packages of the list whose needs are known, to be asked once nothing is `missing_from` it."""
    return tuple(name for name, version in held.items() if name in _BRINGS and _major(version) >= _BRINGS[name][0])


def like_a_freeze(names: Sequence[str]) -> bool:
    """Whether names as written stand in the order in which `pip freeze` prints them."""
    lowered = [name.lower() for name in names]
    return lowered == sorted(lowered) or lowered == sorted(lowered, key=lambda name: name.replace("_", "-"))


def _major(version: str | None) -> int:
    head = (version or "").partition(".")[0]
    return int(head) if head.isdigit() and len(head) < 6 else -1
