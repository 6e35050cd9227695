"""Server frameworks whose routes are not read yet: each is a gap for the component it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shipworthy.facts.base import View
from shipworthy.facts.python_code.servers import PYTHON

NODE = {
    "express": "Express", "fastify": "Fastify", "@nestjs/core": "Nest", "next": "Next.js", "hono": "Hono", "koa": "Koa",
    "@remix-run/node": "Remix", "@remix-run/serve": "Remix", "@remix-run/cloudflare": "Remix", "@hapi/hapi": "hapi",
    "@react-router/node": "React Router", "@react-router/serve": "React Router", "@sveltejs/kit": "SvelteKit",
    "nuxt": "Nuxt", "restify": "Restify", "polka": "Polka", "elysia": "Elysia", "h3": "h3", "nitropack": "Nitro",
    "@trpc/server": "tRPC", "@apollo/server": "Apollo Server", "apollo-server": "Apollo Server",
    "@adonisjs/core": "Adonis",
    "graphql-yoga": "GraphQL Yoga", "@solidjs/start": "SolidStart", "@feathersjs/express": "Feathers",
    "socket.io": "Socket.IO", "@astrojs/node": "Astro", "@astrojs/vercel": "Astro", "@astrojs/cloudflare": "Astro",
    "firebase-functions": "Firebase functions", "wrangler": "Cloudflare Workers", "@strapi/strapi": "Strapi",
    "payload": "Payload", "@grpc/grpc-js": "gRPC",
}  # fmt: skip
"""Package to title."""
_OTHERS = (
    ("go.mod", rb"gin-gonic|labstack/echo|gofiber|go-chi|gorilla/mux|google\.golang\.org/grpc", "Go"),
    ("pom.xml", rb"spring-boot|spring-web|quarkus|micronaut|javax\.ws|jakarta\.ws", "Java"),
    ("build.gradle", rb"springframework|quarkus|micronaut|ktor", "Java"),
    ("build.gradle.kts", rb"springframework|quarkus|micronaut|ktor", "Java"),
    ("Gemfile", rb"rails|sinatra|hanami|grape", "Ruby"),
    ("composer.json", rb"laravel|symfony|slim/|cakephp|codeigniter", "PHP"),
    ("Cargo.toml", rb"actix-web|axum|rocket|warp|tonic|poem", "Rust"),
    ("mix.exs", rb"phoenix|plug", "Elixir"),
    ("*.csproj", rb"Microsoft\.NET\.Sdk\.Web|Microsoft\.AspNetCore", "ASP.NET"),
)
_SERVERLESS = (
    ("serverless.yml", "the Serverless Framework"), ("serverless.yaml", "the Serverless Framework"),
    ("supabase/functions/*/index.ts", "Supabase functions"), ("netlify/functions/*", "Netlify functions"),
    ("**/supabase/functions/*/index.ts", "Supabase functions"),
)  # fmt: skip


def unread(view: View, imports: Mapping[str, list[str]]) -> Iterator[tuple[str, str, str]]:
    """(framework title, path that shows it, a name for it) of every server framework this version does not read."""
    seen: set[tuple[str, str]] = set()
    for path, modules in sorted(imports.items()):
        for module in modules:
            if module in PYTHON and not _client_only(module, path):
                folder = path.rpartition("/")[0]
                if (module, folder.partition("/")[0]) not in seen:
                    seen.add((module, folder.partition("/")[0]))
                    yield PYTHON[module], path, module
    for entry in view.entries("package.json"):
        if entry.by_hand:
            yield from _node(view, entry.path)
    for pattern, words, title in _OTHERS:
        for entry in view.entries(pattern):
            if entry.by_hand and re.search(words, view.read(entry.path) or b""):
                yield title, entry.path, title.lower()
    for pattern, title in _SERVERLESS:
        for entry in list(view.entries(pattern))[:1]:
            yield title, entry.path, title


def _node(view: View, path: str) -> Iterator[tuple[str, str, str]]:
    manifest: Any = view.json(path)
    needed = manifest.get("dependencies") if isinstance(manifest, dict) else None
    for package in sorted(needed) if isinstance(needed, dict) else ():
        if package in NODE:
            yield NODE[package], path, package


def _client_only(module: str, path: str) -> bool:
    """Modules that are as often a client as a server count only where the file's name says server."""
    return module in ("grpc", "websockets", "socketio", "web", "dash") and "serv" not in path.lower()
