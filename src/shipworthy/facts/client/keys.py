"""Finds the places where code hands a key to a provider's library, and tells where that key comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tree_sitter import Node

from shipworthy.facts.settings.defaults import of_text
from shipworthy.facts.settings.js_reads import literal
from shipworthy.facts.settings.model import Default
from shipworthy.project.syntax import find, line_of, text_of

# Libraries that act with a server's key. Their makers' documentation says to use them on a server only.
_PACKAGES = {
    "openai": "OpenAI", "openai-edge": "OpenAI", "@anthropic-ai/sdk": "Anthropic", "groq-sdk": "Groq",
    "@google/generative-ai": "Gemini", "@google/genai": "Gemini", "@mistralai/mistralai": "Mistral",
    "cohere-ai": "Cohere", "replicate": "Replicate", "@huggingface/inference": "Hugging Face",
    "together-ai": "Together",
    "@ai-sdk/openai": "OpenAI", "@ai-sdk/anthropic": "Anthropic", "@ai-sdk/google": "Gemini", "@ai-sdk/groq": "Groq",
    "@ai-sdk/mistral": "Mistral", "@ai-sdk/xai": "xAI", "@ai-sdk/deepseek": "DeepSeek",
    "@openrouter/ai-sdk-provider": "OpenRouter", "@langchain/openai": "OpenAI", "@langchain/anthropic": "Anthropic",
    "@langchain/google-genai": "Gemini", "elevenlabs": "ElevenLabs", "@elevenlabs/elevenlabs-js": "ElevenLabs",
    "@deepgram/sdk": "Deepgram", "assemblyai": "AssemblyAI", "stripe": "Stripe", "resend": "Resend",
    "@sendgrid/mail": "SendGrid", "postmark": "Postmark", "twilio": "Twilio", "mailgun.js": "Mailgun",
    "@pinecone-database/pinecone": "Pinecone", "firebase-admin": "Firebase Admin", "aws-sdk": "AWS",
    "@notionhq/client": "Notion", "airtable": "Airtable", "nodemailer": "a mail server", "pg": "PostgreSQL",
    "mysql2": "MySQL", "mongodb": "MongoDB", "mongoose": "MongoDB",
}  # fmt: skip
_NAMED = re.compile(
    r"(?i)^(?:api_?-?key|openai_?api_?key|anthropic_?api_?key|auth|token|access_?token|secret|secret_?key|"
    r"secret_?access_?key|private_?key|password|connection_?string|google_?api_?key|x-api-key|credentials?)$"
)
_FLAG = re.compile(r"dangerously_?allow_?(?:api_?key_?in_?)?browser", re.I)
_HEADER = "anthropic-dangerous-direct-browser-access"
_ENV = re.compile(r"^(?:process\.env|import\.meta\.env|Config|Constants\.expoConfig\.extra)\.([A-Za-z_][A-Za-z0-9_]*)$")
_STORED = re.compile(r"(?:local|session)Storage|getItem|AsyncStorage|SecureStore|\bprompt\(|\.value\b|useState|Store\(")
_WRAPPERS = {
    "parenthesized_expression",
    "non_null_expression",
    "as_expression",
    "satisfies_expression",
    "await_expression",
}
_DEPTH = 6


def provider_of(module: str) -> str | None:
    """The provider whose server library a module is; None for any other."""
    if module.startswith("@aws-sdk/"):
        return "AWS"
    return _PACKAGES.get(module) or next(
        (name for package, name in _PACKAGES.items() if module.startswith(package + "/")), None
    )


def uses(root: Node, nodes: Mapping[str, list[Node]], bindings: Mapping[str, str]) -> list[list[Any]]:
    """Rows [provider, line, source, name, flag]; source is env, literal, given, other or none.

    `flag` says that the code is to run in browsers; `given` is what a person or a caller hands in, `none` a client that
    is made without a key.
    """
    text = root.text or b""
    providers = {name: provider for name, module in bindings.items() if (provider := provider_of(module))}
    if not providers and b"angerously" not in text and b"dangerous-direct" not in text:
        return []
    values = _values(root)
    rows: list[list[Any]] = []
    for node in (*nodes["new_expression"], *nodes["call_expression"]):
        called = node.child_by_field_name("constructor") or node.child_by_field_name("function")
        given = node.child_by_field_name("arguments")
        if called is None or given is None or given.type != "arguments":
            continue
        first = re.split(r"[.(<]", text_of(called), maxsplit=1)[0]
        own = list(given.named_children)
        options = [_resolved(each, values) for each in own]
        flag = any(_flagged(each) for each in options if each.type == "object")
        provider = providers.get(first)
        if provider is None and not flag:
            continue
        key = _key(options, values)
        if key is None and node.type == "new_expression" and own and options[0].type != "object":
            key = trace(own[0], values)
        if key is None and node.type == "call_expression" and not flag:
            continue  # a method of the library that takes no key
        if key is None and provider in ("a mail server", "PostgreSQL", "MySQL", "MongoDB", "AWS") and not flag:
            continue
        source, name = key or ("none", "")
        rows.append([provider or first[:40], line_of(node), source, name, flag])
    if _HEADER.encode() in text:
        rows += _headers(root, values)
    return rows


def _values(root: Node) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for node in find(root, "variable_declarator", "required_parameter", "formal_parameters"):
        if node.type == "variable_declarator":
            name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            if name is None or value is None:
                continue
            for each in find(name, "identifier", "shorthand_property_identifier_pattern"):
                found.setdefault(text_of(each), value)
        else:
            for each in find(node, "identifier", "shorthand_property_identifier_pattern"):
                found.setdefault(text_of(each), node)
    return found


def _resolved(node: Node, values: Mapping[str, Node]) -> Node:
    return values.get(text_of(node), node) if node.type == "identifier" else node


def _flagged(options: Node) -> bool:
    for name, value in _pairs(options):
        if _FLAG.fullmatch(name) and value is not None and text_of(value) != "false":
            return True
        if name in ("configuration", "clientOptions") and value is not None and _flagged(value):
            return True
    return False


def _pairs(node: Node) -> list[tuple[str, Node | None]]:
    rows: list[tuple[str, Node | None]] = []
    for child in node.named_children if node.type == "object" else ():
        if child.type == "pair":
            key = child.child_by_field_name("key")
            rows.append((text_of(key).strip("'\"") if key else "", child.child_by_field_name("value")))
        elif child.type == "shorthand_property_identifier":
            rows.append((text_of(child), child))
    return rows


def _key(options: list[Node], values: Mapping[str, Node]) -> tuple[str, str] | None:
    """Where the key comes from: of the options object, or a first argument that is no object."""
    for each in options:
        if each.type == "object":
            for name, value in _pairs(each):
                if value is None:
                    continue
                if value.type == "object" and (name == "credentials" or name == "credential"):
                    inner = _key([value], values)
                    if inner is not None:
                        return inner
                elif _NAMED.match(name):
                    return trace(value, values)
    first = options[0] if options else None
    if first is not None and first.type in ("string", "template_string", "member_expression", "binary_expression",
                                            "non_null_expression", "as_expression"):  # fmt: skip
        found = trace(first, values)
        return found if found[0] in ("env", "literal") else None
    return None


def trace(node: Node, values: Mapping[str, Node], depth: int = 0) -> tuple[str, str]:
    """(source, name) of an expression, followed through this file's own variables."""
    while node.type in _WRAPPERS and node.named_children:
        node = node.named_children[0]
    if depth > _DEPTH:
        return "other", ""
    plain = (
        text_of(node).replace("?.", ".").replace("!", "").replace(" ", "")
        if node.end_byte - node.start_byte < 200
        else ""
    )
    found = _ENV.match(plain)
    if found:
        return "env", found[1]
    text = literal(node)
    if text is not None:
        return ("literal", "") if of_text(text) is Default.TEXT and len(text) >= 12 else ("other", "")
    if node.type == "binary_expression":
        sides = [node.child_by_field_name("left"), node.child_by_field_name("right")]
        told = [trace(each, values, depth + 1) for each in sides if each is not None]
        ranked = sorted(told, key=lambda each: ["literal", "env", "given", "other"].index(each[0]))
        return ranked[0] if ranked else ("other", "")
    if node.type == "template_string":
        for part in find(node, "template_substitution"):
            if part.named_children:
                return trace(part.named_children[0], values, depth + 1)
    if node.type in ("identifier", "shorthand_property_identifier"):
        value = values.get(text_of(node))
        if value is None or value.id == node.id:
            return "other", ""
        if value.type in ("required_parameter", "formal_parameters"):
            return "given", ""
        return trace(value, values, depth + 1)
    if node.type == "subscript_expression":
        held, index = node.child_by_field_name("object"), node.child_by_field_name("index")
        name = literal(index) if index is not None else None
        if held is not None and name and text_of(held) in ("process.env", "import.meta.env"):
            return "env", name
    if _STORED.search(text_of(node)[:400]):
        return "given", ""
    return "other", ""


def _headers(root: Node, values: Mapping[str, Node]) -> list[list[Any]]:
    """A request to Anthropic that says in a header that it comes from a browser."""
    rows: list[list[Any]] = []
    for node in find(root, "object"):
        pairs = dict(_pairs(node))
        if _HEADER in pairs:
            key = next((value for name, value in pairs.items() if name.lower() == "x-api-key" and value), None)
            source, name = trace(key, values) if key is not None else ("other", "")
            rows.append(["Anthropic", line_of(node), source, name, True])
    return rows
