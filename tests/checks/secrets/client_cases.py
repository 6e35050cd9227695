"""Projects for `no-secret-in-client`: one a case, with the rule that it breaks or the outcome it has.

`== name -> expected` starts a case and `-- path` a file; TOKEN and RANDOM stand for a token and 30 random characters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.facts.secrets.examples import drawn

TOKEN = "ghp" + "_" + drawn("crc", 36, 7)
_PAGE = '<div id="root"></div><script type="module" src="/src/main.tsx"></script>'


def cases(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """(name, files by path, expected) of each case."""
    for block in text.strip("\n").removeprefix("== ").split("\n== "):
        head, *files = block.split("\n-- ")
        name, _, expected = head.partition(" -> ")
        yield name, dict(_file(each) for each in files), expected


def _file(text: str) -> tuple[str, str]:
    path, _, content = text.partition("\n")
    path, _, short = path.partition(": ")
    if path == "package.json":
        names = dict.fromkeys(short.split(), "1")
        return path, json.dumps({"private": True, "scripts": {"build": "vite build"}, "dependencies": names})
    if short:
        return path, _PAGE
    return path, content.replace("TOKEN", TOKEN).replace("RANDOM", drawn("an", 30, 3)) + "\n"


FAILING = """
== vite prefix -> secret-with-public-prefix
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const key = import.meta.env.VITE_OPENAI_API_KEY
== through a cast -> secret-with-public-prefix
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const k = (import.meta as any).env?.VITE_OPENAI_API_KEY
== by index -> secret-with-public-prefix
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const e = import.meta.env as any; const k = e['VITE_JWT_SECRET']
== cra -> secret-with-public-prefix
-- package.json: react-scripts
-- src/index.js
const k = process.env.REACT_APP_STRIPE_SECRET_KEY
== next -> secret-with-public-prefix
-- package.json: next react-dom
-- app/page.tsx
export default function P() { return <p/> }
-- app/c.tsx
'use client'
const k = process.env.NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY
== next, server only so far -> secret-with-public-prefix
-- package.json: next react-dom
-- app/page.tsx
export default function P() { return <p/> }
-- app/api/a/route.ts
const k = process.env.NEXT_PUBLIC_OPENAI_API_KEY
== expo -> secret-with-public-prefix
-- package.json: expo
-- App.tsx
const k = process.env.EXPO_PUBLIC_ANTHROPIC_API_KEY
== nuxt -> secret-with-public-prefix
-- package.json: nuxt
-- pages/a.vue
<script setup>
const k = process.env.NUXT_PUBLIC_API_SECRET
</script>
== astro island -> secret-with-public-prefix
-- package.json: astro
-- src/pages/i.astro
---
import B from './B.tsx'
---
<B client:load />
-- src/pages/B.tsx
const k = import.meta.env.PUBLIC_API_SECRET
export default () => <p>{k}</p>
== pages called tests -> secret-with-public-prefix
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
import './pages/tests/A'
-- src/pages/tests/A.ts
const k = import.meta.env.VITE_DB_PASSWORD
== set in compose -> secret-with-public-prefix
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- compose.yaml
services:
  web:
    build:
      args:
        VITE_OPENAI_API_KEY: x
== set in an image -> secret-with-public-prefix
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- Dockerfile
FROM node
ARG NEXT_PUBLIC_JWT_SECRET
== set in CI -> secret-with-public-prefix
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- .github/workflows/a.yml
env:
  VITE_STRIPE_SECRET_KEY: ${{ secrets.A }}
== a token by its form -> secret-with-public-prefix
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = import.meta.env.VITE_COLOR
-- .env.production
VITE_COLOR=TOKEN
== define -> secret-put-into-bundle
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const k = process.env.API_KEY
-- vite.config.ts
export default defineConfig(({mode}) => { const env = loadEnv(mode, '.', '');
 return { define: { 'process.env.API_KEY': JSON.stringify(env.GEMINI_API_KEY) } } })
== the whole environment -> environment-put-into-bundle
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- vite.config.js
export default { define: { 'process.env': process.env } }
== spread into define -> environment-put-into-bundle
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- vite.config.js
export default { define: { 'process.env': { ...process.env } } }
== loadEnv without a prefix -> environment-put-into-bundle
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- vite.config.js
const env = loadEnv('p', '.', '')
export default { define: { 'process.env': env } }
== envPrefix -> secret-with-public-prefix
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const k = import.meta.env.OPENAI_API_KEY
-- vite.config.js
export default { envPrefix: ['VITE_', 'OPENAI_'] }
== an empty envPrefix -> environment-put-into-bundle
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- vite.config.js
export default { envPrefix: '' }
== webpack -> secret-put-into-bundle
-- package.json: webpack react-dom
-- src/index.js
fetch(process.env.STRIPE_SECRET_KEY)
-- webpack.config.js
module.exports = { entry: './src/index.js', plugins: [new webpack.EnvironmentPlugin(['STRIPE_SECRET_KEY'])] }
== dotenv-webpack -> secret-put-into-bundle
-- package.json: webpack react-dom
-- src/index.js
fetch(process.env.OPENAI_API_KEY)
-- webpack.config.js
module.exports = { entry: './src/index.js', plugins: [new Dotenv()] }
== parcel -> secret-put-into-bundle
-- package.json: parcel
-- index.html
<script type="module" src="./a.js"></script>
-- a.js
fetch(process.env.OPENAI_API_KEY)
== next env -> secret-put-into-bundle
-- package.json: next react-dom
-- app/page.tsx
export default function P() { return <p/> }
-- next.config.js
module.exports = { env: { A: process.env.GOOGLE_CLIENT_SECRET } }
== nuxt public -> secret-put-into-bundle
-- package.json: nuxt
-- app.vue
<template><p/></template>
-- nuxt.config.ts
export default defineNuxtConfig({ runtimeConfig: { public: { openaiKey: process.env.OPENAI_API_KEY } } })
== expo extra -> secret-put-into-bundle
-- package.json: expo
-- App.tsx
export default 1
-- app.config.js
export default { extra: { key: process.env.OPENAI_API_KEY } }
== react-native-config -> secret-put-into-bundle
-- package.json: react-native react-native-config
-- App.tsx
import Config from 'react-native-config'
fetch(Config.STRIPE_SECRET_KEY)
== react-native-dotenv -> secret-put-into-bundle
-- package.json: react-native
-- App.tsx
import { OPENAI_API_KEY } from '@env'
== an SDK with an unclear name -> server-key-in-client-library
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
import OpenAI from 'openai'
const k = import.meta.env.VITE_API_KEY || ''
const o = new OpenAI({ apiKey: k, dangerouslyAllowBrowser: true })
== an SDK of the environment -> server-key-in-client-library
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
import OpenAI from 'openai'
const o = new OpenAI({ dangerouslyAllowBrowser: true })
== an SDK with a literal -> server-key-in-client-library
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
import OpenAI from 'openai'
const o = new OpenAI({ apiKey: 'RANDOM', dangerouslyAllowBrowser: true })
== a server's setting in a client component -> server-setting-in-client
-- package.json: next react-dom
-- app/page.tsx
export default function P() { return <p/> }
-- app/c.tsx
'use client'
const k = process.env.OPENAI_API_KEY
== imported by a client component -> secret-in-client-code
-- package.json: next react-dom
-- app/page.tsx
export default function P() { return <p/> }
-- app/c.tsx
'use client'
import { k } from '@/lib/k'
fetch(k)
-- lib/k.ts
export const k = 'TOKEN'
== in a template -> secret-written-into-page
-- app.py
import flask
-- templates/a.html
<script>k = '{{ config.STRIPE_SECRET_KEY }}'</script>
== in an EJS page -> secret-written-into-page
-- a.js
x = 1
-- views/a.ejs
<p><%= process.env.OPENAI_API_KEY %></p>
== in a static script -> secret-in-client-code
-- app.py
import flask
-- static/app.js
const k = 'TOKEN'
== in a page -> secret-in-client-code
-- index.html
<script>const k = 'TOKEN'</script>
== in a committed build -> secret-in-built-output
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- dist/index.html
<p>a</p>
-- dist/a.js
var k='TOKEN'
== in a source map -> secret-in-built-output
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- public/a.js.map
{"version": 3, "sources": ["k.ts"], "mappings": "", "sourcesContent": ["export const k = \\"TOKEN\\"\\n"]}
== an env file in a Flutter app -> secret-put-into-bundle
-- pubspec.yaml
flutter:
  assets:
    - .env
-- .env.example
OPENAI_API_KEY=
-- lib/main.dart
void main() {}
== an Android build field -> secret-put-into-bundle
-- app/build.gradle
buildConfigField "String", "OPENAI_API_KEY", key
-- app/src/main/AndroidManifest.xml
<manifest/>
-- app/src/main/A.kt
val a = 1
== a property of a client component -> secret-handed-to-client
-- package.json: next
-- app/page.tsx
import Chat from './chat'
export default function P() { return <Chat apiKey={process.env.OPENAI_API_KEY!} /> }
-- app/chat.tsx
'use client'
export default function Chat(p: { apiKey: string }) { return <p>{p.apiKey.length}</p> }
== props of a page -> secret-handed-to-client
-- package.json: next
-- pages/a.tsx
export const getServerSideProps = async () => ({ props: { key: process.env.STRIPE_SECRET_KEY || '' } })
export default function P(p: { key: string }) { return <p/> }
== an answer -> secret-handed-to-client
-- package.json: next
-- app/page.tsx
export default function P() { return <p/> }
-- app/api/key/route.ts
export async function GET() { return NextResponse.json({ apiKey: process.env.OPENAI_API_KEY }) }
== what a loader returns -> secret-handed-to-client
-- package.json: @remix-run/react
-- app/root.tsx
export async function loader() { return { ENV: { KEY: process.env.OPENAI_API_KEY } } }
export default () => <p/>
== beside the provider's address -> secret-with-public-prefix
-- package.json: vite
-- index.html: vite
-- src/main.tsx
const key = import.meta.env.VITE_API_KEY
fetch("https://api.openai.com/v1/chat/completions", { headers: { Authorization: `Bearer ${key}` } })
== in the page of a bundler -> secret-written-into-page
-- package.json: react-scripts
-- public/index.html
<script>key = "%REACT_APP_OPENAI_API_KEY%"</script>
-- src/index.js
export default 1
== an extension -> secret-in-client-code
-- manifest.json
{"manifest_version": 3, "background": {"service_worker": "background.js"}}
-- background.js
const key = "TOKEN"
== the configuration of an app -> secret-in-client-code
-- package.json: expo
-- App.tsx
export default 1
-- app.json
{"expo": {"extra": {"githubToken": "TOKEN"}}}
== imported and spread -> secret-in-client-code
-- package.json: vite
-- index.html: vite
-- src/main.tsx
import own from './own'
export const all = { ...own }
-- src/own.ts
export default { token: 'TOKEN' }
== given by Angular for its type -> secret-in-client-code
-- package.json: @angular/core
-- src/main.ts
import { Api } from './api'
@Component({ selector: 'a' })
export class App { constructor(private api: Api) {} }
-- src/api.ts
export class Api { token = 'TOKEN' }
== from Svelte's public settings -> secret-with-public-prefix
-- package.json: @sveltejs/kit
-- src/routes/+page.svelte
<script>
import { PUBLIC_OPENAI_API_KEY } from '$env/static/public'
</script>
== defined by its own name -> secret-put-into-bundle
-- package.json: vite
-- index.html: vite
-- src/main.tsx
console.log(__KEY__)
-- vite.config.ts
export default { define: { __KEY__: JSON.stringify(process.env.OPENAI_API_KEY) } }
"""
