"""The routes that the routers of fastapi-users bring (https://fastapi-users.github.io/fastapi-users/latest/usage/routes/)."""

from __future__ import annotations

ROUTERS: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "get_auth_router": (("POST", "/login", False), ("POST", "/logout", True)),
    "get_register_router": (("POST", "/register", False),),
    "get_reset_password_router": (("POST", "/forgot-password", False), ("POST", "/reset-password", False)),
    "get_verify_router": (("POST", "/request-verify-token", False), ("POST", "/verify", False)),
    "get_users_router": (
        ("GET", "/me", True), ("PATCH", "/me", True), ("GET", "/{id}", True), ("PATCH", "/{id}", True),
        ("DELETE", "/{id}", True),
    ),
    "get_oauth_router": (("GET", "/authorize", False), ("GET", "/callback", False)),
    "get_oauth_associate_router": (("GET", "/authorize", True), ("GET", "/callback", True)),
}  # fmt: skip
"""Method, path and whether an identity is demanded, by the method of `FastAPIUsers` that makes the router."""
