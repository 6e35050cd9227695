"""Flask: full paths across blueprints, views and extensions, and switches for debugging."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.routes.reading_routes import cases, gaps, read_routes, rows

PATHS: dict[str, dict[str, str]] = {
    "rules and methods": {
        "app.py": """
from flask import Flask
app = Flask(__name__)

@app.route("/")
def home(): ...

@app.route("/form", methods=["GET", "POST"])
def form(): ...

@app.delete("/items/<int:item>")
def remove(item): ...

def late(): ...
app.add_url_rule("/late", "late", late, methods=["PUT"])
""",
        "expect": "GET /, GET /form, POST /form, DELETE /items/<int:item>, PUT /late",
    },
    "a factory, nested blueprints, prefixes at both ends": {
        "shop/__init__.py": """
from flask import Flask

def create_app(config=None):
    app = Flask(__name__)
    app.config.from_object("shop.config.Config")
    register(app)
    return app

def register(app):
    from .api import api
    from .pages import pages
    app.register_blueprint(api, url_prefix=app.config["API_PREFIX"])
    app.register_blueprint(pages)
""",
        "shop/config.py": "class Config:\n    API_PREFIX = '/api'\n",
        "shop/api/__init__.py": """
from flask import Blueprint
from shop.api.users import users
api = Blueprint("api", __name__, url_prefix="/replaced")
api.register_blueprint(users, url_prefix="/users")
""",
        "shop/api/users.py": """
from flask import Blueprint
users = Blueprint("users", __name__)
@users.route("/")
def all_users(): ...
@users.route("/<name>")
def one(name): ...
""",
        "shop/pages.py": """
from flask import Blueprint
pages = Blueprint("pages", __name__, url_prefix="/p")
@pages.route("/about")
def about(): ...
""",
        "expect": "GET /api/users/, GET /api/users/<name>, GET /p/about",
    },
    "routes added by a package that imports its own views": {
        "app/__init__.py": """
from flask import Flask
def create():
    app = Flask(__name__)
    from app.main import bp
    app.register_blueprint(bp)
    return app
from app import models
""",
        "app/models.py": "",
        "app/main/__init__.py": """
from flask import Blueprint
bp = Blueprint("main", __name__)
from app.main import routes
""",
        "app/main/routes.py": "from app.main import bp\n@bp.route('/index')\ndef index(): ...\n",
        "expect": "GET /index",
    },
    "class-based views": {
        "app.py": """
from flask import Flask
from flask.views import MethodView, View
app = Flask(__name__)

class Items(MethodView):
    def get(self, item=None): ...
    def post(self): ...

class Page(View):
    methods = ["GET", "POST"]
    def dispatch_request(self): ...

app.add_url_rule("/items", view_func=Items.as_view("items"))
app.add_url_rule("/page", view_func=Page.as_view("page"))
""",
        "expect": "GET /items, POST /items, GET /page, POST /page",
    },
    "Flask-RESTful": {
        "app.py": """
from flask import Blueprint, Flask
from flask_restful import Api, Resource

class Things(Resource):
    def get(self): ...
    def delete(self): ...

class Deep(Resource):
    def get(self): ...

app = Flask(__name__)
api = Api(app, prefix="/v1")
api.add_resource(Things, "/things", "/stuff")
bp = Blueprint("deep", __name__, url_prefix="/deep")
Api(bp).add_resource(Deep, "/x")
app.register_blueprint(bp)
""",
        "expect": "GET /v1/things, DELETE /v1/things, GET /v1/stuff, DELETE /v1/stuff, GET /deep/x",
    },
    "Flask-RESTX": {
        "app.py": """
from flask import Flask
from flask_restx import Api, Namespace, Resource
ns = Namespace("cats")
@ns.route("/")
class Cats(Resource):
    def get(self): ...
@ns.route("/<int:cat>")
class Cat(Resource):
    def put(self, cat): ...
app = Flask(__name__)
api = Api(doc=False)
api.add_namespace(ns, path="/pets")
api.init_app(app)
""",
        "expect": "GET /pets/, PUT /pets/<int:cat>",
    },
    "Flask-Smorest": {
        "app.py": """
from flask import Flask
from flask.views import MethodView
from flask_smorest import Api, Blueprint
blp = Blueprint("pets", __name__, url_prefix="/pets")
@blp.route("/")
class Pets(MethodView):
    @blp.response(200)
    def get(self): ...
app = Flask(__name__)
api = Api(app)
api.register_blueprint(blp)
""",
        "expect": "GET /pets/",
    },
    "a decorator that registers": {
        "app.py": """
from flask import Flask
app = Flask(__name__)
def route(path, **options):
    def register(function):
        app.add_url_rule("/v3" + path, view_func=function, **options)
        return function
    return register
@route("/mine", methods=["POST"])
def mine(): ...
""",
        "expect": "POST /v3/mine",
    },
}


@pytest.mark.parametrize("case", sorted(PATHS))
def test_full_paths(case: str, tmp_path: Path) -> None:
    files = dict(PATHS[case])
    expected = files.pop("expect").split(", ")
    fact = read_routes(tmp_path, files)
    assert sorted(rows(fact)) == sorted(expected)
    assert gaps(fact) == []
    assert not any(rows(fact).values())


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("app.register_blueprint(load('x'))\n", "could not be followed"),
        ("from flask_admin import Admin\nAdmin(app)\n", "Flask-Admin adds routes of its own"),
        ("import connexion\nc = connexion.App('x')\nc.add_api('openapi.yaml')\n", "API description"),
    ],
)
def test_what_cannot_be_followed_is_a_gap(source: str, reason: str, tmp_path: Path) -> None:
    head = "from flask import Flask\nfrom plugins import load\napp = Flask(__name__)\n"
    fact = read_routes(tmp_path, {"main.py": head + source + "@app.route('/seen')\ndef seen(): ...\n"})
    assert any(reason in gap for gap in gaps(fact)), gaps(fact)
    assert "GET /seen" in rows(fact)


DEBUG = """\
=== off: open
app.run()
=== on: protected
app.run(debug=True)
=== from the environment, off by default: open
app.run(debug=os.getenv("DEBUG", "false").lower() == "true")
=== from the environment, not set: open
app.run(debug=bool(os.environ.get("DEBUG")))
=== from the environment, on by default: protected
app.run(debug=os.getenv("DEBUG", "1") == "1")
=== a text that is always true: protected
app.run(debug=bool(os.getenv("DEBUG", "False")))
=== a setting not seen: unknown
app.run(debug=settings.debug)
=== a configuration key: protected
app.config["DEBUG"] = True
"""
SWITCHES = cases(DEBUG)


@pytest.mark.parametrize("case", sorted(SWITCHES))
def test_debug_switches(case: str, tmp_path: Path) -> None:
    source, expected = SWITCHES[case]
    head = "import os\nfrom flask import Flask\nfrom elsewhere import settings\napp = Flask(__name__)\n"
    fact = read_routes(tmp_path, {"main.py": head + source})
    assert [each.on for each in fact.apps[0].debug] == ([] if expected is False else [expected])


def test_a_main_block_is_told(tmp_path: Path) -> None:
    source = "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run(debug=True)\n"
    fact = read_routes(tmp_path, {"main.py": source})
    assert [(each.in_main, each.line) for each in fact.apps[0].debug] == [(True, 4)]
