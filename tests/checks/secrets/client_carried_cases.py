"""Projects whose server hands a key to the client, in the form of `client_cases`."""

CARRIED = """
== props by a variable -> secret-handed-to-client
-- package.json: next react-dom
-- pages/index.tsx
export default function P({ key }) { return <p/> }
export async function getServerSideProps() { const key = process.env.STRIPE_SECRET_KEY; return { props: { key } } }
== the whole environment in props -> secret-handed-to-client
-- package.json: next react-dom
-- pages/index.tsx
export default function P({ env }) { return <p/> }
export const getServerSideProps = async () => ({ props: { env: process.env } })
== the whole environment in an answer -> secret-handed-to-client
-- package.json: next react-dom
-- app/page.tsx
export default function P() { return <p/> }
-- app/api/env/route.ts
export async function GET() { return Response.json({ ...process.env }) }
== an answer by two variables -> secret-handed-to-client
-- package.json: next react-dom
-- app/page.tsx
export default function P() { return <p/> }
-- app/api/a/route.ts
const apiKey = process.env.OPENAI_API_KEY
export async function GET() { const body = { apiKey }; return new Response(JSON.stringify(body)) }
== a server action that returns the key -> secret-handed-to-client
-- package.json: next react-dom
-- app/page.tsx
export default function P() { return <p/> }
-- app/actions.ts
'use server'
export async function getKey() { return process.env.OPENAI_API_KEY }
== a function with a directive of its own -> secret-handed-to-client
-- package.json: next react-dom
-- app/page.tsx
export default function P() { async function k() { 'use server'; return process.env.OPENAI_API_KEY }; return <p/> }
== private settings of SvelteKit in what load returns -> secret-handed-to-client
-- package.json: @sveltejs/kit svelte vite
-- src/routes/+page.server.ts
import { OPENAI_API_KEY as key } from '$env/static/private'
export const load = () => ({ settings: { key } })
== private settings that SvelteKit reads as it runs -> secret-handed-to-client
-- package.json: @sveltejs/kit svelte vite
-- src/routes/+layout.server.ts
import { env } from '$env/dynamic/private'
export const load = async () => { const key = env.OPENAI_API_KEY; return { key } }
== a handler of Nitro -> secret-handed-to-client
-- package.json: nuxt
-- app.vue
<template><p/></template>
-- server/api/a.ts
export default defineEventHandler(() => ({ key: process.env.OPENAI_API_KEY }))
== a secret of the pipeline under a name for the browser -> secret-put-into-bundle
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
fetch(import.meta.env.VITE_CFG)
-- .github/workflows/a.yml
on: push
jobs:
  b:
    steps:
      - run: npm run build
        env:
          VITE_CFG: ${{ secrets.OPENAI_API_KEY }}
== a setting of an env file under a name for the browser -> secret-put-into-bundle
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
fetch(import.meta.env.VITE_CFG)
-- .env
OPENAI_API_KEY=
VITE_CFG=${OPENAI_API_KEY}
== an argument of an image under a name for the browser -> secret-put-into-bundle
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
fetch(import.meta.env.VITE_CFG)
-- Dockerfile
FROM node
ARG OPENAI_API_KEY
ENV VITE_CFG=$OPENAI_API_KEY
"""
