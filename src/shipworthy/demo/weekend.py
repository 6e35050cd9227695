"""The files of the weekend app: a FastAPI shop with a page and a payment integration, and what went wrong in it."""

from __future__ import annotations

import random
import string

# The faults, in the order a reader of the checklist meets them: no pipeline, a skipped test, a key in a settings
# file, a committed .env, a vulnerable pin, open routes, debug mode, no health check, settings nobody listed.

_MAIN = """\
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import HTMLResponse

from app import payments, settings
from app.auth import current_user
from app.orders import Order, orders

app = FastAPI(title="Lemonade")


@app.get("/", response_class=HTMLResponse)
def home() -> str:
    return "<h1>Lemonade</h1><p>Fresh, by the glass.</p>"


@app.post("/orders")
def create_order(order: Order, user: str = Depends(current_user)) -> dict:
    charge = payments.charge(order.total, order.card_token)
    orders[order.id] = order
    return {"order": order.id, "charge": charge}


@app.get("/orders")
def list_orders() -> list[Order]:
    return list(orders.values())


@app.delete("/orders/{order_id}")
def delete_order(order_id: str) -> dict:
    if order_id not in orders:
        raise HTTPException(status_code=404)
    del orders[order_id]
    return {"deleted": order_id}


if __name__ == "__main__":
    import uvicorn

    uvicorn.run("app.main:app", host="0.0.0.0", port=8000, reload=True)
"""

_AUTH = """\
import hmac
import os

from fastapi import Header, HTTPException

API_TOKEN = os.environ["API_TOKEN"]


def current_user(authorization: str = Header()) -> str:
    if not hmac.compare_digest(authorization, f"Bearer {API_TOKEN}"):
        raise HTTPException(status_code=401, detail="Sign in first.")
    return "owner"
"""

_ORDERS = """\
from pydantic import BaseModel, Field


class Order(BaseModel):
    id: str = Field(max_length=40)
    glasses: int = Field(gt=0, le=50)
    card_token: str = Field(max_length=200)

    @property
    def total(self) -> int:
        return self.glasses * 250


orders: dict[str, Order] = {}
"""

_PAYMENTS = """\
import stripe

from app import settings

stripe.api_key = settings.STRIPE_KEY


def charge(cents: int, card_token: str) -> str:
    intent = stripe.PaymentIntent.create(
        amount=cents, currency=settings.CURRENCY, payment_method=card_token, confirm=True
    )
    return intent.id
"""

_SETTINGS = """\
import os

DATABASE_URL = os.environ["DATABASE_URL"]
CURRENCY = os.environ.get("CURRENCY", "eur")
STRIPE_KEY = "{key}"
"""

_TESTS = """\
import pytest

from app.orders import Order


def test_total_counts_every_glass():
    order = Order(id="a", glasses=3, card_token="tok")
    assert order.total == 750


@pytest.mark.skip
def test_order_needs_a_glass():
    with pytest.raises(ValueError):
        Order(id="a", glasses=0, card_token="tok")
"""

_REQUIREMENTS = """\
annotated-types==0.7.0
anyio==4.4.0
certifi==2024.8.30
charset-normalizer==3.3.2
click==8.1.7
fastapi==0.115.0
h11==0.14.0
idna==3.8
iniconfig==2.0.0
packaging==24.1
pluggy==1.5.0
pydantic==2.9.0
pydantic-core==2.23.2
pytest==8.3.2
requests==2.32.3
sniffio==1.3.1
starlette==0.38.5
stripe==10.10.0
typing-extensions==4.12.2
urllib3==2.0.4
uvicorn==0.30.6
"""

_DOCKERFILE = """\
FROM python:3.12-slim
WORKDIR /srv
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY app app
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000", "--reload"]
"""

_ENV = """\
DATABASE_URL=postgresql://lemonade:{password}@db.lemonade.example:5432/shop
API_TOKEN={token}
CURRENCY=eur
"""

_README = """\
# Lemonade

A lemonade stand on the web, built in a weekend with an AI assistant. It works. Is it ready?
"""


_POLICY = """\
# The demo has a short checklist; without this line your own app gets the whole one.
checklist = "demo"
profile = "solo"
# The demo's pins are of 2024, and so is the advisory data inside shipworthy; on your own app a year is the limit.
advisory_max_age_days = 3650
"""


def _letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.ascii_letters + string.digits) for _ in range(count))


def weekend_files(seed: int = 7) -> dict[str, str]:
    """Path -> content. The keys in it are made here from random letters: they open nothing, and stand in no file."""
    rng = random.Random(seed)  # noqa: S311 - fake keys, the same in every run
    key = "_".join(("sk", "live", "51" + _letters(rng, 97)))
    return {
        "README.md": _README,
        "requirements.txt": _REQUIREMENTS,
        "Dockerfile": _DOCKERFILE,
        ".gitignore": "__pycache__/\n.venv/\n",
        ".env": _ENV.format(password=_letters(rng, 20), token=_letters(rng, 32)),
        "app/__init__.py": "",
        "app/main.py": _MAIN,
        "app/auth.py": _AUTH,
        "app/orders.py": _ORDERS,
        "app/payments.py": _PAYMENTS,
        "app/settings.py": _SETTINGS.format(key=key),
        "tests/test_orders.py": _TESTS,
        ".shipworthy/policy.toml": _POLICY,
    }
