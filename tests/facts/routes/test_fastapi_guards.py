"""FastAPI: what protects a route, and what only looks as if."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.routes.reading_routes import cases, read_routes, rows

HEAD = """
import hmac, os
import jwt
from typing import Annotated
from fastapi import APIRouter, Cookie, Depends, FastAPI, Header, HTTPException, Request, Security, status
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer, OAuth2PasswordRequestForm

scheme = OAuth2PasswordBearer(tokenUrl="token")
soft = OAuth2PasswordBearer(tokenUrl="token", auto_error=False)

def decode(token):
    try:
        return jwt.decode(token, os.environ["KEY"], algorithms=["HS256"])
    except jwt.PyJWTError:
        return None

def current_user(token: str = Depends(scheme)):
    payload = decode(token)
    if payload is None:
        raise HTTPException(status_code=status.HTTP_401_UNAUTHORIZED)
    return find_user(payload["sub"])

def maybe_user(token: str | None = Depends(soft)):
    if token is None:
        return None
    payload = decode(token)
    return find_user(payload["sub"]) if payload else None

def find_user(name):
    return database.query(User).filter(User.name == name).first()

def session():
    yield database

app = FastAPI()
"""

# What is put after the head, with a route /x in it, and what the route is.
CASES = """\
=== nothing: open
@app.get('/x')
def x(): ...
=== a database session: open
@app.get('/x')
def x(db=Depends(session)): ...
=== a dependency of the handler: protected
@app.get('/x')
def x(user=Depends(current_user)): ...
=== Annotated: protected
User = Annotated[dict, Depends(current_user)]
@app.get('/x')
def x(user: User): ...
=== Security: protected
@app.get('/x')
def x(user=Security(current_user, scopes=['me'])): ...
=== nested two deep: protected
def admin(user=Depends(current_user)):
    return user
@app.get('/x')
def x(a=Depends(admin)): ...
=== of the route: protected
@app.get('/x', dependencies=[Depends(current_user)])
def x(): ...
=== of the router: protected
r = APIRouter(dependencies=[Depends(current_user)])
@r.get('/x')
def x(): ...
app.include_router(r)
=== of the include: protected
r = APIRouter()
@r.get('/x')
def x(): ...
app.include_router(r, dependencies=[Depends(current_user)])
=== of the app: protected
app = FastAPI(dependencies=[Depends(current_user)])
@app.get('/x')
def x(): ...
=== optional identity: open
@app.get('/x')
def x(user=Depends(maybe_user)): return user
=== optional identity, then demanded: protected
@app.get('/x')
def x(user=Depends(maybe_user)):
    if not user:
        raise HTTPException(401)
    return 1
=== optional identity, demanded on one way only: open
@app.get('/x')
def x(private: bool, user=Depends(maybe_user)):
    if private and not user:
        raise HTTPException(401)
    return 1
=== a token that nobody verifies: unknown
@app.get('/x')
def x(token=Depends(scheme)): return 1
=== a token decoded without its signature: unknown
def user(token=Depends(scheme)):
    return jwt.decode(token, options={'verify_signature': False})
@app.get('/x')
def x(u=Depends(user)): ...
=== a factory of dependencies: protected
def role(name):
    def check(user=Depends(current_user)):
        if user.role != name:
            raise HTTPException(403)
    return check
@app.get('/x')
def x(u=Depends(role('admin'))): ...
=== a callable class: protected
class Roles:
    def __init__(self, *names): self.names = names
    def __call__(self, user=Depends(current_user)):
        return user
@app.get('/x')
def x(u=Depends(Roles('a'))): ...
=== a bearer class of its own: protected
class Bearer(HTTPBearer):
    async def __call__(self, request: Request):
        credentials = await super().__call__(request)
        if not credentials or not decode(credentials.credentials):
            raise HTTPException(403)
        return credentials
@app.get('/x', dependencies=[Depends(Bearer())])
def x(): ...
=== an API key compared: protected
def key(x_api_key: str = Header()):
    if not hmac.compare_digest(x_api_key, os.environ['KEY']):
        raise HTTPException(403)
@app.get('/x', dependencies=[Depends(key)])
def x(): ...
=== a flag, not an identity: open
def enabled():
    if not settings.enabled:
        raise HTTPException(404)
@app.get('/x', dependencies=[Depends(enabled)])
def x(): ...
=== a login is not guarded by its own 401: open
@app.post('/x')
def x(form: OAuth2PasswordRequestForm = Depends()):
    user = find_user(form.username)
    if not user or not verify_password(form.password, user.hash):
        raise HTTPException(401)
    return {'token': make(user)}
=== a signed webhook: protected
import stripe
@app.post('/x')
async def x(request: Request):
    try:
        event = stripe.Webhook.construct_event(await request.body(), request.headers['stripe-signature'], S)
    except stripe.error.SignatureVerificationError:
        raise HTTPException(400)
    return event
=== an unsigned webhook: open
@app.post('/x')
async def x(request: Request):
    event = await request.json()
    return event['type']
=== a dependency of a library that is not known: unknown
from acme_auth import get_user
@app.get('/x')
def x(u=Depends(get_user)): ...
=== fastapi-users: protected
from fastapi_users import FastAPIUsers
users = FastAPIUsers(manager, [backend])
@app.get('/x')
def x(u=Depends(users.current_user(active=True))): ...
=== fastapi-users, optional: open
from fastapi_users import FastAPIUsers
users = FastAPIUsers(manager, [backend])
@app.get('/x')
def x(u=Depends(users.current_user(optional=True))): ...
=== fastapi-jwt-auth inside the handler: protected
from fastapi_jwt_auth import AuthJWT
@app.get('/x')
def x(Authorize: AuthJWT = Depends()):
    Authorize.jwt_required()
    return 1
=== starlette's requires: protected
from starlette.authentication import requires
@app.get('/x')
@requires('authenticated')
async def x(request): ...
=== a decorator of its own: protected
from functools import wraps
def private(f):
    @wraps(f)
    async def inner(request: Request, *a, **k):
        if not decode(request.headers.get('Authorization')):
            raise HTTPException(401)
        return await f(request, *a, **k)
    return inner
@app.get('/x')
@private
async def x(request: Request): ...
=== a decorator above the route guards nothing: open
from functools import wraps
def private(f):
    @wraps(f)
    async def inner(request: Request):
        raise HTTPException(401)
    return inner
@private
@app.get('/x')
async def x(): ...
=== a decorator that only logs: open
from functools import wraps
def logged(f):
    @wraps(f)
    def inner(*a, **k):
        print(f.__name__)
        return f(*a, **k)
    return inner
@app.get('/x')
@logged
def x(): ...
=== a class-based view with a user for all methods: protected
from fastapi_utils.cbv import cbv
r = APIRouter()
@cbv(r)
class V:
    user = Depends(current_user)
    @r.get('/x')
    def x(self): ...
app.include_router(r)
=== a redirect to the login page: protected
@app.get('/x')
def x(request: Request):
    if not request.session.get('user'):
        return RedirectResponse('/login')
    return page()
=== an exception returned instead of raised: open
@app.get('/x')
def x(request: Request):
    if not request.session.get('user'):
        return HTTPException(401)
    return page()
=== a cookie that is looked up: protected
def user(sid: str | None = Cookie(None)):
    found = find_session(sid)
    if not found:
        raise HTTPException(401)
    return found
@app.get('/x')
def x(u=Depends(user)): ...
=== a refusal that a setting turns off: unknown
def user(token=Depends(soft)):
    if settings.auth_on and not decode(token):
        raise HTTPException(401)
@app.get('/x')
def x(u=Depends(user)): ...
=== an except that swallows the refusal: open
def user(token=Depends(soft)):
    try:
        return current_user(token)
    except Exception:
        return None
@app.get('/x')
def x(u=Depends(user)): ...
=== a websocket that closes: protected
@app.websocket('/x')
async def x(websocket, token: str = None):
    if not decode(token):
        await websocket.close(code=1008)
        return
    await websocket.accept()
"""

KNOWN = cases(CASES)


@pytest.mark.parametrize("case", sorted(KNOWN))
def test_guards(case: str, tmp_path: Path) -> None:
    source, expected = KNOWN[case]
    fact = read_routes(tmp_path, {"main.py": HEAD + source + "\n"})
    assert [route.protected for route in fact.routes] == [expected], [route.mechanism for route in fact.routes]


MIDDLEWARE = """
PUBLIC = ["/login", "/docs"]

@app.middleware("http")
async def guard(request: Request, call_next):
    if request.method == "OPTIONS" or request.url.path in PUBLIC or request.url.path.startswith("/public/"):
        return await call_next(request)
    if not decode(request.headers.get("Authorization", "").removeprefix("Bearer ")):
        return JSONResponse(status_code=401, content={})
    return await call_next(request)

@app.get("/login")
def login(): ...
@app.get("/public/{name}")
def public(name): ...
@app.get("/private")
def private(): ...
"""


def test_middleware_with_a_list_of_public_paths(tmp_path: Path) -> None:
    fact = read_routes(tmp_path, {"main.py": HEAD + MIDDLEWARE})
    assert rows(fact) == {"GET /login": False, "GET /public/{name}": False, "GET /private": True}
    assert "middleware at main.py" in next(route.mechanism for route in fact.routes if route.protected)


CLASS_MIDDLEWARE = """
from starlette.middleware.base import BaseHTTPMiddleware

class Guard(BaseHTTPMiddleware):
    def __init__(self, app, exempt=()):
        super().__init__(app)
        self.exempt = exempt

    async def dispatch(self, request, call_next):
        if any(request.url.path.startswith(p) for p in self.exempt):
            return await call_next(request)
        if request.headers.get("X-Api-Key") != os.environ["KEY"]:
            return JSONResponse({"detail": "no"}, status_code=403)
        return await call_next(request)

app.add_middleware(Guard, exempt=["/health"])

@app.get("/health")
def health(): ...
@app.get("/data")
def data(): ...
"""


def test_middleware_class_with_exemptions(tmp_path: Path) -> None:
    fact = read_routes(tmp_path, {"main.py": HEAD + CLASS_MIDDLEWARE})
    assert rows(fact) == {"GET /health": False, "GET /data": True}


def test_the_mechanism_says_where(tmp_path: Path) -> None:
    source = (
        "r = APIRouter()\n@r.get('/x')\ndef x(): ...\napp.include_router(r, dependencies=[Depends(current_user)])\n"
    )
    fact = read_routes(tmp_path, {"main.py": HEAD + source})
    line = (HEAD + source).count("\n")
    assert fact.routes[0].mechanism == f"Depends(current_user) via include_router at main.py:{line}"
    assert fact.routes[0].registered == ("main.py", line)
