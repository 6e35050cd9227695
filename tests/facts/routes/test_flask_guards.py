"""Flask: what protects a route, and what only looks as if."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.routes.reading_routes import cases, read_routes

HEAD = """
import os
from functools import wraps
import jwt
from flask import Blueprint, Flask, abort, g, jsonify, redirect, render_template, request, session, url_for
from flask.views import MethodView
from flask_login import current_user, login_required
from flask_jwt_extended import get_jwt_identity, jwt_required
from flask_restful import Api, Resource

app = Flask(__name__)

def token_required(f):
    @wraps(f)
    def decorated(*args, **kwargs):
        token = None
        if "x-access-token" in request.headers:
            token = request.headers["x-access-token"]
        if not token:
            return jsonify({"message": "missing"}), 401
        try:
            data = jwt.decode(token, app.config["SECRET_KEY"], algorithms=["HS256"])
        except Exception:
            return jsonify({"message": "invalid"}), 401
        return f(data, *args, **kwargs)
    return decorated
"""

GUARDS = """\
=== nothing: open
@app.route("/x")
def x(): ...
=== flask-login: protected
@app.route("/x")
@login_required
def x(): ...
=== flask-login above the route guards nothing: open
@login_required
@app.route("/x")
def x(): ...
=== jwt: protected
@app.route("/x")
@jwt_required()
def x(): ...
=== jwt, optional: open
@app.route("/x")
@jwt_required(optional=True)
def x():
    return str(get_jwt_identity())
=== jwt, optional by an older name: open
from flask_jwt import jwt_optional
@app.route("/x")
@jwt_optional
def x(): ...
=== a decorator of its own: protected
@app.route("/x")
@token_required
def x(user): ...
=== a decorator with arguments: protected
def roles(*names):
    def decorator(f):
        @wraps(f)
        def inner(*a, **k):
            if session.get("role") not in names:
                abort(403)
            return f(*a, **k)
        return inner
    return decorator
@app.route("/x")
@roles("admin")
def x(): ...
=== a decorator without wraps: protected
def private(f):
    def inner(*a, **k):
        if "user" not in session:
            return redirect(url_for("login"))
        return f(*a, **k)
    inner.__name__ = f.__name__
    return inner
@app.route("/x")
@private
def x(): ...
=== a decorator that checks a header only for being there: unknown
def keyed(f):
    @wraps(f)
    def inner(*a, **k):
        if not request.headers.get("X-Api-Key"):
            abort(401)
        return f(*a, **k)
    return inner
@app.route("/x")
@keyed
def x(): ...
=== a decorator that calls first and checks later: open
def late(f):
    @wraps(f)
    def inner(*a, **k):
        answer = f(*a, **k)
        if "user" not in session:
            abort(401)
        return answer
    return inner
@app.route("/x")
@late
def x(): ...
=== checked inside: protected
@app.route("/x")
def x():
    if "user" not in session:
        return redirect("/login")
    return render_template("x.html")
=== checked inside by a helper: protected
def need():
    if not current_user.is_authenticated:
        abort(401)
@app.route("/x")
def x():
    need()
    return "secret"
=== checked inside by a helper that gives back an answer: protected
def refused():
    if not g.user:
        return jsonify(error="no"), 401
    return None
@app.route("/x")
def x():
    answer = refused()
    if answer:
        return answer
    return "secret"
=== the other way round: protected
@app.route("/x")
def x():
    if current_user.is_authenticated:
        return render_template("x.html")
    else:
        return redirect(url_for("auth.login"))
=== a page that shows more to members: open
@app.route("/x")
def x():
    if current_user.is_authenticated:
        name = current_user.name
    return render_template("x.html")
=== an anonymous user is an object: open
@app.route("/x")
def x():
    if not current_user:
        abort(401)
    return "anybody"
=== a login page that sends members away: open
@app.route("/x", methods=["POST"])
def x():
    if current_user.is_authenticated:
        return redirect(url_for("home"))
    user = find(request.form["name"])
    if user is None or not user.check_password(request.form["password"]):
        return render_template("login.html"), 401
    return redirect(url_for("home"))
=== an API key in the query: protected
@app.route("/x")
def x():
    if request.args.get("api_key") != os.environ["API_KEY"]:
        abort(403)
    return "data"
=== a reset token is no identity: open
@app.route("/x/<token>")
def x(token):
    user = verify_reset_token(token)
    if not user:
        abort(404)
    return render_template("reset.html")
=== a step of a form is no identity: open
@app.route("/x")
def x():
    if "answers" not in session:
        return redirect("/first")
    return render_template("x.html", answers=session["answers"])
=== a browser's name is no identity: open
@app.route("/x")
def x():
    if "Mozilla" not in request.headers.get("User-Agent", ""):
        abort(403)
    return "page"
=== a secret in the address: protected
@app.route("/x/<secret>", methods=["POST"])
def x(secret):
    if secret != os.environ["WEBHOOK_SECRET"]:
        abort(404)
    return "ok"
=== CSRF is no identity: open
@app.before_request
def csrf():
    if request.method == "POST" and session["csrf"] != request.form.get("csrf"):
        abort(403)
@app.route("/x", methods=["POST"])
def x(): ...
=== before_request of the app: protected
@app.before_request
def check():
    if not session.get("user_id"):
        return redirect("/login")
@app.route("/x")
def x(): ...
=== before_request of a blueprint: protected
bp = Blueprint("b", __name__)
@bp.before_request
@login_required
def check(): ...
@bp.before_request
def again():
    if not current_user.is_admin:
        abort(403)
@bp.route("/x")
def x(): ...
app.register_blueprint(bp)
=== before_request that lets this endpoint through: open
@app.before_request
def check():
    if request.endpoint in ("x", "static"):
        return
    if "user" not in session:
        abort(401)
@app.route("/x")
def x(): ...
=== before_request that only loads the user: open
@app.before_request
def load():
    g.user = find(session.get("user_id"))
@app.route("/x")
def x(): ...
=== decorators of a view class: protected
class X(MethodView):
    decorators = [login_required]
    def get(self): ...
app.add_url_rule("/x", view_func=X.as_view("x"))
=== a wrapped view: protected
class X(MethodView):
    def get(self): ...
app.add_url_rule("/x", view_func=login_required(X.as_view("x")))
=== method_decorators of a resource: protected
class X(Resource):
    method_decorators = [token_required]
    def get(self): ...
Api(app).add_resource(X, "/x")
=== a decorator of a library that is not known: unknown
from acme import require_session
@app.route("/x")
@require_session("a")
def x(): ...
=== a decorator of a library for something else: open
from acme import limit
@app.route("/x")
@limit("5/minute")
def x(): ...
=== a comparison with what is in the database: protected
def account(f):
    @wraps(f)
    def inner(*a, **k):
        found = Account.query.filter_by(key=request.headers.get("Authorization")).first()
        if found is None:
            return {"error": "no"}, 401
        return f(*a, **k)
    return inner
@app.route("/x")
@account
def x(): ...
=== flask-httpauth: protected
from flask_httpauth import HTTPBasicAuth
auth = HTTPBasicAuth()
@app.route("/x")
@auth.login_required
def x(): ...
=== a blueprint's values are checked before: protected
bp = Blueprint("b", __name__)
@bp.url_value_preprocessor
def load(endpoint, values):
    project = values.pop("project", None)
    if project and not session.get(project):
        raise Refused(url_for("login"))
@bp.route("/x/<project>")
def x(): ...
app.register_blueprint(bp)
"""

KNOWN = cases(GUARDS)


@pytest.mark.parametrize("case", sorted(KNOWN))
def test_guards(case: str, tmp_path: Path) -> None:
    source, expected = KNOWN[case]
    fact = read_routes(tmp_path, {"main.py": HEAD + source})
    found = {route.protected for route in fact.routes}
    assert found == {expected}, [(route.name, route.mechanism) for route in fact.routes]
