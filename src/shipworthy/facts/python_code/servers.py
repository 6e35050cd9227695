"""Modules that make a Python program answer over a network."""

from __future__ import annotations

import re

PYTHON = {
    "django": "Django", "rest_framework": "Django REST framework", "ninja": "Django Ninja", "tornado": "Tornado",
    "aiohttp.web": "aiohttp", "sanic": "Sanic", "bottle": "Bottle", "falcon": "Falcon", "pyramid": "Pyramid",
    "litestar": "Litestar", "cherrypy": "CherryPy", "robyn": "Robyn", "blacksheep": "BlackSheep",
    "connexion": "Connexion",
    "http.server": "http.server", "grpc": "gRPC", "streamlit": "Streamlit", "gradio": "Gradio", "chainlit": "Chainlit",
    "dash": "Dash", "nicegui": "NiceGUI", "websockets": "websockets", "socketio": "Socket.IO", "web": "web.py",
    "xmlrpc.server": "xmlrpc", "socketserver": "socketserver",
}  # fmt: skip
"""Module to title."""
_IMPORTS = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([\w.]+)", re.M)


_READ = frozenset({"fastapi", "starlette", "flask", "quart"})


def python_servers(data: bytes) -> list[str]:
    """Modules of server frameworks that a Python file imports, from its text."""
    found = set()
    for match in _IMPORTS.finditer(data):
        name = match[1].decode("ascii", "replace")
        top = name.partition(".")[0]
        if top in PYTHON or top in _READ:
            found.add(top)
        two = ".".join(name.split(".")[:2])
        if two in PYTHON:
            found.add(two)
    if b"aiohttp" in data and re.search(rb"from[ \t]+aiohttp[ \t]+import[^\n]*\bweb\b", data):
        found.add("aiohttp.web")
    return sorted(found)
