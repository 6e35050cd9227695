"""More projects for `no-secret-in-client`, written as in `client_cases`: those where nothing is seen to be wrong."""

from __future__ import annotations

OTHERS = """
== public by design -> pass
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const k = import.meta.env.VITE_SUPABASE_ANON_KEY
== a server's setting in server code -> pass
-- package.json: next react-dom
-- app/page.tsx
export default function P() { return <p/> }
-- app/api/a/route.ts
const k = process.env.OPENAI_API_KEY
-- app/c.tsx
'use client'
export const C = () => <p/>
== a server action -> pass
-- package.json: next react-dom
-- app/page.tsx
export default function P() { return <p/> }
-- app/c.tsx
'use client'
import { a } from './a'
a()
-- app/a.ts
'use server'
export async function a() { return call(process.env.OPENAI_API_KEY) }
function own() { return process.env.OPENAI_API_KEY }
== public settings of the pipeline under a name for the browser -> pass
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
fetch(import.meta.env.VITE_CFG)
-- .github/workflows/a.yml
on: push
env:
  VITE_CFG: ${{ secrets.SUPABASE_ANON_KEY }}
  VITE_URL: ${{ vars.API_URL }}
  # VITE_OLD: ${{ secrets.OPENAI_API_KEY }}
  KEY: ${{ secrets.OPENAI_API_KEY }}
== a key that stays on the server -> pass
-- package.json: next react-dom express
-- app/page.tsx
export default function P() { return <p/> }
-- app/api/a/route.ts
const key = process.env.STRIPE_SECRET_KEY
const env = process.env
const stripe = new Stripe(key)
export async function GET() { return Response.json({ ok: Boolean(key), port: env.PORT, paid: await stripe.list(key) }) }
export async function POST() { if (!key) return new Response('no'); return new Response(await ask({ key })) }
export const PUT = ({ key }) => Response.json({ key })
export function PATCH(key) { return Response.json({ key }) }
export function DELETE() { const key = 1; return Response.json({ key }) }
-- lib/run.ts
import { spawn } from 'child_process'
export const run = () => spawn('a', { env: process.env })
function load() { return process.env }
== getServerSideProps -> pass
-- package.json: next
-- pages/a.tsx
import { k } from '../lib/k'
const own = () => k + process.env.DB_PASSWORD
export async function getServerSideProps() { return own() }
export default function P() { return <p/> }
-- lib/k.ts
export const k = process.env.OPENAI_API_KEY
== imported for its type -> pass
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
import { K } from './k'
let a: K
-- src/k.ts
export type K = 1
export const k = process.env.OPENAI_API_KEY
== astro frontmatter -> pass
-- package.json: astro
-- src/pages/i.astro
---
const k = import.meta.env.OPENAI_API_KEY
---
<p/>
== sveltekit server -> pass
-- package.json: @sveltejs/kit
-- src/routes/+page.svelte
<p>a</p>
-- src/routes/+page.server.ts
import { OPENAI_API_KEY } from '$env/static/private'
export const load = () => 1
== remix loader -> pass
-- package.json: @remix-run/react
-- app/root.tsx
export default () => <p/>
-- app/routes/a.tsx
import { k } from '~/k'
export async function loader() { return fetch(k + process.env.API_SECRET) }
export default () => <p/>
-- app/k.ts
export const k = process.env.OPENAI_API_KEY
== a server beside the client -> pass
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- server/index.ts
const k = process.env.OPENAI_API_KEY
== templates without secrets -> pass
-- app.py
import flask
-- templates/a.html
{{ config.SITE_NAME }} {{ form.csrf_token }}
== a condition writes nothing -> pass
-- app.py
import flask
-- templates/a.html
{% if config.STRIPE_SECRET_KEY %}x{% endif %}
== an example nobody reads -> pass
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- .env.example
VITE_OPENAI_API_KEY=
== examples and tests -> pass
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- examples/a.ts
const key = import.meta.env.VITE_OPENAI_API_KEY
-- tests/a.ts
const key = import.meta.env.VITE_OPENAI_API_KEY
== a defined version -> pass
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- vite.config.js
export default { define: { __V__: JSON.stringify('1') } }
== a comment names it -> pass
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
// never use VITE_OPENAI_API_KEY
const a = 'VITE_OPENAI_API_KEY'
== an unclear name -> needs-you
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const k = import.meta.env.VITE_API_KEY
== people's own key -> needs-you
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
import OpenAI from 'openai'
export const f = (k: string) => new OpenAI({ apiKey: k, dangerouslyAllowBrowser: true })
== a stored key -> needs-you
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
import OpenAI from 'openai'
const k = localStorage.getItem('k')
new OpenAI({ apiKey: k, dangerouslyAllowBrowser: true })
== a computed name -> unknown
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const f = (n: string) => 1
const k = import.meta.env[`VITE_${f('a')}`]
== a computed name through a cast -> unknown
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const n = 1
const k = (import.meta as any).env[n]
== a computed import -> unknown
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const n = 'a'
import(n)
== an import of nothing -> unknown
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
import './gone'
== an unknown alias -> unknown
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
import a from '#x/a'
a()
== a define from elsewhere -> unknown
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
const a = 1
-- vite.config.js
import d from './d'
export default { define: d }
== a framework not known -> unknown
-- package.json: @tanstack/react-start vite
-- src/a.tsx
const a = 1
== no known bundler -> unknown
-- package.json: react-dom
-- src/a.jsx
import { createPortal } from "react-dom"
export const a = createPortal
== a native app -> unknown
-- ios/App/Info.plist
<plist/>
-- ios/App/A.swift
let a = 1
== a page that was not found -> unknown
-- package.json: vite
-- index.html
<script type="module" src="/src/gone.ts"></script>
-- src/a.ts
const a = 1
== no code -> unknown
-- README.md
# A
== a server alone -> not-applicable
-- app.py
import flask
== a command line -> not-applicable
-- package.json: commander
-- index.js
console.log(process.env.OPENAI_API_KEY)
== used on the server -> pass
-- package.json: next
-- app/page.tsx
import Chat from './chat'
export default function P() { return <Chat ready={!!process.env.OPENAI_API_KEY} /> }
-- app/chat.tsx
'use client'
export default function Chat() { return <p/> }
-- app/api/a/route.ts
export async function GET() {
  const r = await fetch(url, { headers: { Authorization: `Bearer ${process.env.OPENAI_API_KEY}` } })
  return NextResponse.json({ ok: r.ok })
}
== a script nothing starts -> unknown
-- package.json: esbuild
-- web/app.js
document.getElementById("a").textContent = "b"
== defined by a public prefix -> pass
-- package.json: vite
-- index.html: vite
-- src/main.tsx
const a = 1
-- vite.config.ts
export default { define: { ...pick(process.env, (k) => k.startsWith('REACT_APP_')) } }
== defined by a prefix of its own -> unknown
-- package.json: vite
-- index.html: vite
-- src/main.tsx
const a = 1
-- vite.config.ts
export default { define: { ...pick(process.env, (k) => k.startsWith('OPENAI_')) } }
== client components of no known app -> unknown
-- package.json: left-pad
-- app/c.tsx
'use client'
export const C = () => 1
"""
