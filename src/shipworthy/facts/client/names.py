"""Tells from a setting's name whether everybody may see its value: yes, no (it is a server's), or not told."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from shipworthy.facts.secrets.names import PUBLIC_PREFIX, read_name, split


class Meant(StrEnum):
    """Who may see a setting's value, as far as its name tells."""

    SERVER = "server"
    """Whoever has it can act as the app: it belongs on a server."""
    OPEN = "open"
    """A key whose name does not say whether its provider means it to be public."""


_PREFIX = re.compile(
    PUBLIC_PREFIX.pattern
    + r"|^(?:NG_APP|SNOWPACK_PUBLIC|BUN_PUBLIC|PLASMO_PUBLIC|WXT|RAZZLE|MIX|RENDERER_VITE|UMI_APP|TARO_APP)_"
)
# What these begin says that a name is for the browser only where their framework is used.
_ONLY_WITH = {"PUBLIC_": {"sveltekit", "astro", "rsbuild"}, "STORYBOOK_": {"storybook"}, "MIX_": {"mix"},
              "WXT_": {"wxt"}, "RAZZLE_": {"razzle"}}  # fmt: skip


def public_prefix(name: str, frameworks: frozenset[str] = frozenset()) -> str:
    """The prefix by which a front-end framework puts a setting into the bundle; "" for a name without one."""
    found = _PREFIX.match(name)
    prefix = found[0] if found else ""
    return "" if prefix in _ONLY_WITH and not _ONLY_WITH[prefix] & frameworks else prefix


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Providers that have no key for the browser: each one's documentation says to keep it on a server.
_SERVER_ONLY = _set(
    "openai anthropic claude gemini generative genai palm vertex groq mistral cohere replicate huggingface hf hugging "
    "together perplexity pplx deepseek openrouter xai grok elevenlabs deepgram assemblyai stability runway fal "
    "pinecone "
    "weaviate qdrant voyage fireworks cerebras sambanova dashscope qwen moonshot zhipu nvidia bedrock langsmith "
    "langchain langfuse tavily exa firecrawl serper serpapi browserbase apify sendgrid resend twilio mailgun postmark "
    "brevo sendinblue mailchimp mandrill vonage nexmo messagebird plivo aws github gitlab bitbucket notion airtable "
    "linear jira atlassian slack telegram vercel netlify cloudflare digitalocean heroku railway neon planetscale "
    "turso upstash sanity rapidapi shopify hubspot salesforce zendesk dropbox box coinbase binance kraken tavus heygen "
    "llm gpt chatgpt codex azure watson ai21 writesonic leonardo midjourney did synthesia descript retell bland"
)
# Keys their providers document as safe in a page or an app: they name a project and let nobody act as it.
_PUBLIC = _set(
    "publishable anon anonymous public pub recaptcha hcaptcha turnstile captcha sitekey vapid maps map mapbox maptiler "
    "gmaps googlemaps tomtom geoapify stadia thunderforest jawg posthog segment mixpanel amplitude logrocket smartlook "
    "gtm gtag ga ga4 pixel measurement rudderstack bugsnag raygun dsn rum pusher reverb soketi tinymce ckeditor froala "
    "license licence revenuecat adapty superwall appsflyer branch flagsmith optimizely configcat web3forms emailjs "
    "walletconnect reown giphy tenor braintree docsearch instabug tldraw formkit"
)
_SERVER_WORDS = _set("secret secrets private admin master root service role")
_CRYPTO = _set("encryption encrypt crypto cipher aes hmac signing signature jwt fernet")
_SHOWN = _set("demo test testing guest example sample default mock dummy fake dev local localhost emulator")
_FLAGS = _set("use enable enabled disable disabled allow show hide require required skip has")
_ENTRIES = ("token_key", "token_name", "storage_key", "cache_key", "query_key")
_TOKENS = _set("auth bot refresh bearer service deploy personal admin api pat id")
_DATABASES = _set("postgres postgresql mysql mariadb mongo mongodb redis amqp rabbitmq clickhouse mssql db")
_CHAT = _set("slack discord teams")


@lru_cache(maxsize=16_384)
def meant(name: str) -> Meant | None:
    """Who may see the value of a setting of this name; None where nothing speaks against everybody.

    A public prefix (NEXT_PUBLIC_ and the like) is left out of the judgement: it is what gives a secret away.
    """
    rest = _PREFIX.sub("", name)
    parts = split(rest)
    while len(parts) > 1 and parts[0] in ("app", "public", "react", "next", "vite", "web", "client", "frontend"):
        # `VITE_APP_…`, `NEXT_PUBLIC_APP_…`: a project's own habit, no part of the secret's name.
        if parts[1:] in (["key"], ["secret"], ["token"], ["id"]):
            break
        parts = parts[1:]
    words = frozenset(parts)
    joined = "_".join(parts)
    if not parts or (joined.endswith(_ENTRIES) and not words & _SERVER_ONLY):
        # What a page calls its entry in localStorage.
        return None
    if words & _FLAGS:
        return None  # `USE_ID_TOKEN` switches something on
    found = read_name(joined)
    if found is None:
        return _by_form(parts, words, joined)
    if found.kind == "password" and not found.sure:
        return None  # `ENABLE_PASSWORD_LOGIN` speaks about passwords
    if words & _SHOWN and found.kind == "password":
        return Meant.OPEN
    if "service" in words and "role" in words:
        return Meant.SERVER
    if found.kind in ("password", "secret", "signing") and found.sure:
        return Meant.OPEN if joined.endswith("app_key") and not words & _PUBLIC else _unless_app_key(joined, words)
    if words & _SERVER_WORDS - {"service", "role"} or words & _CRYPTO:
        return Meant.SERVER
    if "personal" in words or joined.endswith(("sentry_auth_token", "datadog_api_key", "dd_api_key")):
        return Meant.SERVER
    if "relic" in words or "newrelic" in words:
        return None if "browser" in words else Meant.OPEN
    if (
        words & _PUBLIC
        or joined.endswith("site_key")
        or "firebase" in words
        or ("algolia" in words and "search" in words)
    ):
        return None
    if words & {"typesense", "meilisearch", "meili"} and "search" in words:
        return None
    if words & _SERVER_ONLY:
        return Meant.OPEN if "client" in words else Meant.SERVER
    if "client" in words and found.kind in ("key", "token"):
        return None
    if found.kind == "token" and len(parts) > 1 and parts[-1] == "token" and parts[-2] in _TOKENS - {"id", "api"}:
        return Meant.SERVER
    return Meant.OPEN


def _unless_app_key(joined: str, words: frozenset[str]) -> Meant | None:
    """Pusher and its like call the name of an app its key."""
    return None if joined.endswith("app_key") and words & _PUBLIC else Meant.SERVER


def _by_form(parts: list[str], words: frozenset[str], joined: str) -> Meant | None:
    """Names that no key, token or password ends: addresses with a password in them, roles."""
    if "service" in words and "role" in words:
        return Meant.SERVER
    if "firebase" in words:
        return None
    if parts[-1] in ("url", "uri", "dsn", "connection", "string"):
        if "connection" in words and "string" in words:
            return Meant.SERVER
        if "webhook" in words and words & _CHAT:
            return Meant.SERVER
        if words & _DATABASES and not words & {"rest", "http", "https", "api", "proxy", "explorer", "docs", "ui"}:
            return Meant.SERVER
        if joined in ("database_url", "database_uri"):
            return Meant.OPEN
    return None
