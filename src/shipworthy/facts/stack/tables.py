"""Which package means which part of a stack: names as their makers publish them, for Python and JavaScript."""

from __future__ import annotations

from shipworthy.facts.stack.fact import Part

F, D, T, R = Part.FRAMEWORK, Part.DATABASE, Part.THIRD_PARTY, Part.TEST_RUNNER

# Package (distribution) name -> what it is evidence of. Sources: each project's own documentation.
PYTHON: dict[str, tuple[Part, str]] = {
    "fastapi": (F, "fastapi"), "starlette": (F, "starlette"), "flask": (F, "flask"), "quart": (F, "quart"),
    "connexion": (F, "connexion"), "django": (F, "django"), "djangorestframework": (F, "djangorestframework"),
    "rest_framework": (F, "djangorestframework"), "django-ninja": (F, "django-ninja"), "ninja": (F, "django-ninja"),
    "aiohttp": (F, "aiohttp"), "sanic": (F, "sanic"), "tornado": (F, "tornado"), "litestar": (F, "litestar"),
    "bottle": (F, "bottle"), "falcon": (F, "falcon"), "pyramid": (F, "pyramid"), "robyn": (F, "robyn"),
    "streamlit": (F, "streamlit"), "gradio": (F, "gradio"), "dash": (F, "dash"), "chainlit": (F, "chainlit"),
    "celery": (F, "celery"), "rq": (F, "rq"), "dramatiq": (F, "dramatiq"), "arq": (F, "arq"), "huey": (F, "huey"),
    "click": (F, "click"), "typer": (F, "typer"), "textual": (F, "textual"),
    "psycopg": (D, "postgresql"), "psycopg2": (D, "postgresql"), "psycopg2-binary": (D, "postgresql"),
    "asyncpg": (D, "postgresql"), "pymysql": (D, "mysql"), "mysqlclient": (D, "mysql"), "mysqldb": (D, "mysql"),
    "aiomysql": (D, "mysql"), "mysql-connector-python": (D, "mysql"), "pymongo": (D, "mongodb"),
    "motor": (D, "mongodb"), "mongoengine": (D, "mongodb"), "beanie": (D, "mongodb"), "redis": (D, "redis"),
    "sqlite3": (D, "sqlite"), "aiosqlite": (D, "sqlite"), "elasticsearch": (D, "elasticsearch"),
    "opensearch-py": (D, "opensearch"), "duckdb": (D, "duckdb"), "pyodbc": (D, "odbc"), "sqlalchemy": (D, "sqlalchemy"),
    "sqlmodel": (D, "sqlalchemy"), "flask-sqlalchemy": (D, "sqlalchemy"), "tortoise-orm": (D, "tortoise"),
    "peewee": (D, "peewee"), "chromadb": (D, "chroma"), "qdrant-client": (D, "qdrant"),
    "stripe": (T, "stripe"), "openai": (T, "openai"), "anthropic": (T, "anthropic"), "cohere": (T, "cohere"),
    "mistralai": (T, "mistral"), "groq": (T, "groq"), "replicate": (T, "replicate"),
    "google-generativeai": (T, "google"),
    "google-genai": (T, "google"), "langchain": (T, "langchain"), "litellm": (T, "litellm"),
    "huggingface-hub": (T, "huggingface"), "twilio": (T, "twilio"), "sendgrid": (T, "sendgrid"),
    "resend": (T, "resend"), "postmarker": (T, "postmark"), "mailchimp-transactional": (T, "mailchimp"),
    "boto3": (T, "aws"), "botocore": (T, "aws"), "aioboto3": (T, "aws"), "google-cloud-storage": (T, "google-cloud"),
    "firebase-admin": (T, "firebase"), "firebase_admin": (T, "firebase"), "azure-storage-blob": (T, "azure"),
    "supabase": (T, "supabase"), "sentry-sdk": (T, "sentry"), "sentry_sdk": (T, "sentry"), "rollbar": (T, "rollbar"),
    "slack-sdk": (T, "slack"), "slack_sdk": (T, "slack"), "discord": (T, "discord"), "discord.py": (T, "discord"),
    "plaid-python": (T, "plaid"), "pinecone": (T, "pinecone"), "algoliasearch": (T, "algolia"),
    "cloudinary": (T, "cloudinary"), "posthog": (T, "posthog"), "auth0-python": (T, "auth0"),
    "paypalrestsdk": (T, "paypal"), "razorpay": (T, "razorpay"), "tweepy": (T, "x"), "githubkit": (T, "github"),
    "pytest": (R, "pytest"), "nose2": (R, "nose2"), "robotframework": (R, "robotframework"), "behave": (R, "behave"),
}  # fmt: skip

NODE: dict[str, tuple[Part, str]] = {
    "express": (F, "express"), "fastify": (F, "fastify"), "@nestjs/core": (F, "nestjs"),
    "@nestjs/common": (F, "nestjs"),
    "koa": (F, "koa"), "hono": (F, "hono"), "next": (F, "next"), "nuxt": (F, "nuxt"), "@sveltejs/kit": (F, "sveltekit"),
    "@remix-run/node": (F, "remix"), "@remix-run/react": (F, "remix"), "@remix-run/serve": (F, "remix"),
    "@hapi/hapi": (F, "hapi"), "restify": (F, "restify"), "polka": (F, "polka"), "elysia": (F, "elysia"),
    "@trpc/server": (F, "trpc"), "apollo-server": (F, "apollo"), "@apollo/server": (F, "apollo"),
    "astro": (F, "astro"), "gatsby": (F, "gatsby"), "react": (F, "react"), "vue": (F, "vue"), "svelte": (F, "svelte"),
    "@angular/core": (F, "angular"), "solid-js": (F, "solid"), "preact": (F, "preact"), "vite": (F, "vite"),
    "electron": (F, "electron"), "react-native": (F, "react-native"), "expo": (F, "expo"), "bullmq": (F, "bullmq"),
    "bull": (F, "bull"), "agenda": (F, "agenda"), "commander": (F, "commander"), "yargs": (F, "yargs"),
    "pg": (D, "postgresql"), "postgres": (D, "postgresql"), "@neondatabase/serverless": (D, "postgresql"),
    "@vercel/postgres": (D, "postgresql"), "mysql": (D, "mysql"), "mysql2": (D, "mysql"), "mongodb": (D, "mongodb"),
    "mongoose": (D, "mongodb"), "redis": (D, "redis"), "ioredis": (D, "redis"), "@upstash/redis": (D, "redis"),
    "sqlite3": (D, "sqlite"), "better-sqlite3": (D, "sqlite"), "@prisma/client": (D, "prisma"),
    "prisma": (D, "prisma"), "drizzle-orm": (D, "drizzle"), "typeorm": (D, "typeorm"), "sequelize": (D, "sequelize"),
    "knex": (D, "knex"), "@planetscale/database": (D, "mysql"), "@libsql/client": (D, "sqlite"),
    "stripe": (T, "stripe"), "@stripe/stripe-js": (T, "stripe"), "openai": (T, "openai"),
    "@anthropic-ai/sdk": (T, "anthropic"), "@ai-sdk/openai": (T, "openai"), "@ai-sdk/anthropic": (T, "anthropic"),
    "@google/generative-ai": (T, "google"), "@google/genai": (T, "google"), "replicate": (T, "replicate"),
    "@supabase/supabase-js": (T, "supabase"), "@supabase/ssr": (T, "supabase"), "firebase": (T, "firebase"),
    "firebase-admin": (T, "firebase"), "@clerk/nextjs": (T, "clerk"), "@auth0/nextjs-auth0": (T, "auth0"),
    "twilio": (T, "twilio"), "@sendgrid/mail": (T, "sendgrid"), "resend": (T, "resend"), "postmark": (T, "postmark"),
    "nodemailer": (T, "mail"), "aws-sdk": (T, "aws"), "@aws-sdk/client-s3": (T, "aws"), "@sentry/node": (T, "sentry"),
    "@sentry/nextjs": (T, "sentry"), "@sentry/react": (T, "sentry"), "@slack/web-api": (T, "slack"),
    "discord.js": (T, "discord"), "algoliasearch": (T, "algolia"), "@pinecone-database/pinecone": (T, "pinecone"),
    "cloudinary": (T, "cloudinary"), "posthog-js": (T, "posthog"), "plaid": (T, "plaid"), "@paypal/checkout-server-sdk":
    (T, "paypal"), "@octokit/rest": (T, "github"), "langchain": (T, "langchain"),
    "vitest": (R, "vitest"), "jest": (R, "jest"), "mocha": (R, "mocha"), "ava": (R, "ava"),
    "@playwright/test": (R, "playwright"), "cypress": (R, "cypress"),
}  # fmt: skip

SERVERS = frozenset({
    "fastapi", "starlette", "flask", "quart", "connexion", "django", "djangorestframework", "django-ninja", "aiohttp",
    "sanic", "tornado", "litestar", "bottle", "falcon", "pyramid", "robyn", "streamlit", "gradio", "dash", "chainlit",
    "express", "fastify", "nestjs", "koa", "hono", "next", "nuxt", "sveltekit", "remix", "hapi", "restify", "polka",
    "elysia", "trpc", "apollo",
})  # fmt: skip
"""Frameworks that answer requests over a network."""

CLIENT_ONLY = frozenset({"aiohttp", "tornado", "react", "vite"})
"""Names that alone do not make a server: aiohttp and tornado are clients as often."""

BROWSERS = frozenset({
    "react", "vue", "svelte", "angular", "solid", "preact", "vite", "astro", "gatsby", "expo", "react-native",
    "electron",
})  # fmt: skip
WORKERS = frozenset({"celery", "rq", "dramatiq", "arq", "huey", "bullmq", "bull", "agenda"})
COMMAND_LINES = frozenset({"click", "typer", "textual", "commander", "yargs"})

# Files whose presence names a system. Pattern (see FileEntry.matches) -> name.
CI_FILES: tuple[tuple[str, str], ...] = (
    (".github/workflows/*.yml", "github"), (".github/workflows/*.yaml", "github"), (".gitlab-ci.yml", "gitlab"),
    (".circleci/config.yml", "circleci"), ("azure-pipelines*.yml", "azure"), ("bitbucket-pipelines.yml", "bitbucket"),
    ("Jenkinsfile*", "jenkins"), (".drone.yml", "drone"), (".woodpecker.yml", "woodpecker"),
    (".woodpecker/*.yml", "woodpecker"), (".buildkite/pipeline*.yml", "buildkite"), (".travis.yml", "travis"),
    ("cloudbuild*.yaml", "cloudbuild"), (".cirrus.yml", "cirrus"), ("appveyor.yml", "appveyor"),
)  # fmt: skip

DEPLOY_FILES: tuple[tuple[str, str], ...] = (
    ("Dockerfile", "docker"), ("Dockerfile.*", "docker"), ("*.Dockerfile", "docker"), ("Containerfile", "docker"),
    ("docker-compose*.yml", "compose"), ("docker-compose*.yaml", "compose"), ("compose.yml", "compose"),
    ("compose.yaml", "compose"), ("fly.toml", "fly"), ("render.yaml", "render"), ("vercel.json", "vercel"),
    ("netlify.toml", "netlify"), ("Procfile", "heroku"), ("app.yaml", "google-app-engine"), ("railway.json", "railway"),
    ("railway.toml", "railway"), ("serverless.yml", "serverless"), ("wrangler.toml", "cloudflare"),
    ("wrangler.jsonc", "cloudflare"), ("Chart.yaml", "helm"), ("kustomization.yaml", "kubernetes"),
    ("firebase.json", "firebase"), ("amplify.yml", "aws-amplify"), ("samconfig.toml", "aws-sam"),
    ("template.yaml", "aws-sam"), ("apprunner.yaml", "aws-app-runner"), ("*.tf", "terraform"),
    ("Pulumi.yaml", "pulumi"),
)  # fmt: skip

PACKAGE_MANAGERS: tuple[tuple[str, str], ...] = (
    ("package-lock.json", "npm"), ("npm-shrinkwrap.json", "npm"), ("yarn.lock", "yarn"), ("pnpm-lock.yaml", "pnpm"),
    ("bun.lock", "bun"), ("bun.lockb", "bun"), ("uv.lock", "uv"), ("poetry.lock", "poetry"), ("pdm.lock", "pdm"),
    ("Pipfile", "pipenv"), ("requirements*.txt", "pip"), ("go.mod", "go"), ("Cargo.toml", "cargo"),
    ("Gemfile", "bundler"), ("composer.json", "composer"), ("pom.xml", "maven"), ("build.gradle", "gradle"),
    ("build.gradle.kts", "gradle"), ("mix.exs", "mix"),
)  # fmt: skip

LANGUAGES: dict[str, str] = {
    ".py": "python", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascript",
    ".ts": "typescript", ".mts": "typescript", ".cts": "typescript", ".tsx": "typescript", ".vue": "javascript",
    ".svelte": "javascript", ".go": "go", ".rs": "rust", ".rb": "ruby", ".php": "php", ".java": "java",
    ".kt": "kotlin", ".cs": "c#", ".swift": "swift", ".ex": "elixir", ".exs": "elixir", ".scala": "scala",
    ".c": "c", ".cc": "c++", ".cpp": "c++", ".dart": "dart", ".clj": "clojure",
}  # fmt: skip

MANIFESTS = (
    "package.json", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "go.mod", "Cargo.toml",
    "Gemfile", "composer.json", "pom.xml", "build.gradle", "build.gradle.kts", "mix.exs",
)  # fmt: skip
"""A folder that holds one of these is a component."""

NOT_PRODUCT = frozenset({
    "test", "tests", "__tests__", "e2e", "cypress", "examples", "example", "docs", "doc", "fixtures", "samples",
    "sample", "benchmarks", "templates", "template", "testdata", "playground", "website",
})  # fmt: skip
"""Folders whose manifests belong to no component of the product (nested ones; the root is always the product)."""
