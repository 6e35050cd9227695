"""FastAPI and Starlette: full paths across files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.routes.reading_routes import gaps, read_routes, rows

OPEN: dict[str, dict[str, str]] = {
    "decorators": {
        "main.py": """
from fastapi import FastAPI
app = FastAPI()

@app.get("/items/{item_id}")
async def read(item_id: int): ...

@app.api_route("/both", methods=["GET", "PUT"])
def both(): ...

@app.websocket("/ws")
async def ws(websocket): ...
""",
        "expect": "GET /items/{item_id}, GET /both, PUT /both, WEBSOCKET /ws",
    },
    "nested routers, re-exported and renamed": {
        "app/__init__.py": "",
        "app/main.py": """
from fastapi import FastAPI
from .api import router as everything
application = FastAPI()
application.include_router(everything, prefix="/api")
""",
        "app/api/__init__.py": "from .v1 import api_router as router\n",
        "app/api/v1/__init__.py": """
from fastapi import APIRouter
from app.api.v1 import users
from app.api.v1.orders import r
api_router = APIRouter(prefix="/v1")
api_router.include_router(users.router, prefix="/users")
api_router.include_router(r)
""",
        "app/api/v1/users.py": """
from fastapi import APIRouter
router = APIRouter()

@router.get("")
def all_users(): ...

@router.get("/{user_id}")
def one(user_id: int): ...
""",
        "app/api/v1/orders.py": """
from fastapi import APIRouter
orders = r = APIRouter(prefix="/orders", tags=["orders"])

@orders.post("/")
def add(): ...
""",
        "expect": "GET /api/v1/users, GET /api/v1/users/{user_id}, POST /api/v1/orders/",
    },
    "a factory, settings with a default, and a loop": {
        "settings.py": """
import os
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    API: str = "/api"
    version: str = os.getenv("API_VERSION", "/v2")

settings = Settings()
""",
        "factory.py": """
from fastapi import FastAPI
from a import router as a
from b import router as b
from settings import settings

def create_app() -> FastAPI:
    app = FastAPI()
    for prefix, router in [("/a", a), ("/b", b)]:
        app.include_router(router, prefix=f"{settings.API}{settings.version}{prefix}")
    register(app)
    return app

def register(app):
    app.add_api_route("/late", late, methods=["DELETE"])

def late(): ...
""",
        "a.py": "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/x')\ndef x(): ...\n",
        "b.py": "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/y')\ndef y(): ...\n",
        "expect": "GET /api/v2/a/x, GET /api/v2/b/y, DELETE /late",
    },
    "a class that holds the app": {
        "server.py": """
from fastapi import FastAPI, APIRouter

class Server:
    def __init__(self):
        self.app = FastAPI()
        self.router = APIRouter()
        self._wire()

    def _wire(self):
        self.router.add_api_route("/state", self.state)
        self.app.include_router(self.router, prefix="/s")

    def state(self): ...

server = Server()
""",
        "expect": "GET /s/state",
    },
    "mounted apps and Starlette lists": {
        "main.py": """
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from sub import sub

class Home(HTTPEndpoint):
    async def get(self, request): ...
    async def post(self, request): ...

async def live(websocket): ...

app = Starlette(routes=[
    Route("/", Home),
    Mount("/static", app=StaticFiles(directory="static")),
    Mount("/inner", routes=[Route("/a", lambda request: None, methods=["PUT"]), WebSocketRoute("/ws", live)]),
    Mount("/sub", app=sub),
])
""",
        "sub.py": "from fastapi import FastAPI\nsub = FastAPI()\n@sub.get('/deep')\ndef deep(): ...\n",
        "expect": "GET /, POST /, PUT /inner/a, WEBSOCKET /inner/ws, GET /sub/deep",
    },
    "a subclass of the router and a class-based view": {
        "main.py": """
from fastapi import APIRouter, FastAPI
from fastapi_utils.cbv import cbv

class Versioned(APIRouter):
    def __init__(self, **kwargs):
        super().__init__(prefix="/v9", **kwargs)

router = Versioned()

@cbv(router)
class Things:
    @router.get("/things")
    def listing(self): ...

app = FastAPI()
app.include_router(router)
""",
        "expect": "GET /v9/things",
    },
    "a router called as a function, and imports inside a function": {
        "main.py": """
from fastapi import FastAPI
def build():
    from late import router
    app = FastAPI()
    app.include_router(router)
    return app
""",
        "late.py": """
from fastapi import APIRouter
router = APIRouter()
def handler(): ...
router.get("/called")(handler)
""",
        "expect": "GET /called",
    },
    "a factory that another module calls": {
        "src/app/setup.py": """
from fastapi import APIRouter, FastAPI
def create(router: APIRouter) -> FastAPI:
    app = FastAPI()
    app.include_router(router)
    return app
""",
        "src/app/main.py": "from .routes import router\nfrom .setup import create\napp = create(router=router)\n",
        "src/app/routes.py": "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/r')\ndef r(): ...\n",
        "expect": "GET /r",
    },
}


@pytest.mark.parametrize("case", sorted(OPEN))
def test_full_paths(case: str, tmp_path: Path) -> None:
    files = dict(OPEN[case])
    expected = files.pop("expect").split(", ")
    fact = read_routes(tmp_path, files)
    assert sorted(rows(fact)) == sorted(expected)
    assert gaps(fact) == []
    assert not any(rows(fact).values())


def test_a_router_nobody_includes_is_not_served(tmp_path: Path) -> None:
    fact = read_routes(
        tmp_path,
        {
            "main.py": "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef home(): ...\n",
            "old.py": "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/old')\ndef old(): ...\n",
        },
    )
    assert rows(fact) == {"GET /": False}
    assert fact.unserved == ("old.py:2",)


def test_documentation_is_told_apart_from_routes(tmp_path: Path) -> None:
    fact = read_routes(tmp_path, {"main.py": "from fastapi import FastAPI\napp = FastAPI(redoc_url=None)\n"})
    assert rows(fact) == {}
    assert [app.docs for app in fact.apps] == [("/docs", "/openapi.json")]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "for name in names():\n    app.include_router(importlib.import_module(name).router)\n",
            "could not be followed",
        ),
        ("app.include_router(plugins.router)\n", "could not be followed"),
        ("app.mount('/x', make_something())\n", "could not be followed"),
        ("@app.get('/x')\ndef x(:\n", "syntax error"),
    ],
)
def test_what_cannot_be_followed_is_a_gap(source: str, reason: str, tmp_path: Path) -> None:
    head = "import importlib\nfrom fastapi import FastAPI\nimport plugins\napp = FastAPI()\n"
    fact = read_routes(tmp_path, {"main.py": head + source + "\n@app.get('/seen')\ndef seen(): ...\n"})
    assert any(reason in gap for gap in gaps(fact)), gaps(fact)
    assert "GET /seen" in rows(fact)


def test_a_path_known_only_at_run_time_is_a_route_without_a_path(tmp_path: Path) -> None:
    source = "from fastapi import FastAPI\nimport os\napp = FastAPI()\n@app.get(os.environ['P'])\ndef x(): ...\n"
    fact = read_routes(tmp_path, {"main.py": source})
    assert [(route.path, route.handler) for route in fact.routes] == [(None, "x")]
