"""Projects whose templates, configuration or other files send a server's key, in the form of `client_cases`."""

WRITTEN = """
== a setting of Flask in a script -> secret-written-into-page
-- app.py
import flask
-- templates/a.html
<script>window.X = "{{ config.SECRET_KEY }}"</script>
== an inline condition of Jinja -> secret-written-into-page
-- templates/a.html
<p>{{ config.SECRET_KEY if debug else '' }}</p>
== what Blade gives a script -> secret-written-into-page
-- resources/views/a.blade.php
<script>k = @json(config('services.stripe.secret'))</script>
== another directive of Blade -> secret-written-into-page
-- resources/views/a.blade.php
<script>k = @js(env('OPENAI_API_KEY'))</script>
== what a choice of Blade chooses -> secret-written-into-page
-- resources/views/a.blade.php
{{ $x ? config('services.stripe.secret') : '' }}
== what PHP prints -> secret-written-into-page
-- index.php
<html><script>k = '<?php echo $_ENV["OPENAI_API_KEY"]; ?>'</script></html>
== what PHP prints in short -> secret-written-into-page
-- a.phtml
<script>k = '<?= getenv('OPENAI_API_KEY') ?>'</script>
== a constant of PHP -> secret-written-into-page
-- a.php
<html><?= DB_PASSWORD ?></html>
== credentials of Rails -> secret-written-into-page
-- app/views/a.html.erb
<script>k = '<%= Rails.application.credentials.dig(:stripe, :secret_key) %>'</script>
== a configuration of ASP.NET -> secret-written-into-page
-- Views/a.cshtml
<script>k = '@Configuration["Stripe:SecretKey"]'</script>
== a setting of Spring -> secret-written-into-page
-- src/main/resources/templates/a.html
<script th:inline="javascript">k = [[${@environment.getProperty('STRIPE_SECRET_KEY')}]]</script>
== a value of Astro's frontmatter -> secret-handed-to-client
-- package.json: astro
-- src/pages/i.astro
---
const key = import.meta.env.OPENAI_API_KEY
---
<p>{key}</p>
== a property of an island -> secret-handed-to-client
-- package.json: astro
-- src/C.jsx
export default function C(p) { return <p/> }
-- src/pages/i.astro
---
import C from '../C.jsx'
const key = import.meta.env.OPENAI_API_KEY ?? ''
---
<C client:load apiKey={key} />
== variables of a script of Astro -> secret-handed-to-client
-- package.json: astro
-- src/pages/i.astro
---
import { OPENAI_API_KEY as key } from 'astro:env/server'
---
<script define:vars={{ key }}>fetch(key)</script>
== app.config of Nuxt -> secret-put-into-bundle
-- package.json: nuxt
-- app.vue
<template><p/></template>
-- app/app.config.ts
export default defineAppConfig({ stripe: { secretKey: process.env.STRIPE_SECRET_KEY } })
== appConfig in nuxt.config -> secret-put-into-bundle
-- package.json: nuxt
-- app.vue
<template><p/></template>
-- nuxt.config.ts
export default defineNuxtConfig({ appConfig: { k: process.env.OPENAI_API_KEY } })
== an environment file of Angular -> secret-put-into-bundle
-- package.json: @angular/core
-- src/main.ts
import { environment } from './environments/environment'
-- src/environments/environment.ts
export const environment = { name: 'a', openaiApiKey: 'RANDOM' }
== define of Angular -> secret-put-into-bundle
-- package.json: @angular/core
-- src/main.ts
console.log(1)
-- angular.json
{"projects": {"a": {"options": {"browser": "src/main.ts", "define": {"OPENAI_API_KEY": "'RANDOM'"}}}}}
== a constant of another file -> secret-handed-to-client
-- package.json: next react-dom
-- lib/config.ts
export const key = process.env.OPENAI_API_KEY!
-- app/page.tsx
import { key as k } from '../lib/config'
import C from './c'
export default function P() { return <C k={k} /> }
-- app/c.tsx
'use client'
export default function C(p) { return <p/> }
== a property of another file's object -> secret-handed-to-client
-- package.json: next react-dom
-- lib/config.ts
export const config = { key: process.env.OPENAI_API_KEY ?? '', url: 'x' }
-- pages/i.tsx
import { config } from '../lib/config'
export default function P(p) { return <p/> }
export async function getServerSideProps() { return { props: { key: config.key } } }
== another file's object as a whole -> secret-handed-to-client
-- package.json: next react-dom
-- lib/env.ts
export const env = { OPENAI_API_KEY: process.env.OPENAI_API_KEY } as const
-- app/page.tsx
export default function P() { return <p/> }
-- app/api/x/route.ts
import { env } from '@/lib/env'
export async function GET() { return Response.json({ env }) }
-- tsconfig.json
{"compilerOptions": {"paths": {"@/*": ["./*"]}}}
"""

NOT_WRITTEN = """
== what a template only asks about -> pass
-- resources/views/a.blade.php
{{ config('services.stripe.secret') ? 'on' : 'off' }} @json(filled(env('STRIPE_SECRET')))
== what Jinja only asks about -> pass
-- templates/a.html
<p>{{ 'on' if config.SECRET_KEY else 'off' }} {{ config.STRIPE_SECRET_KEY is defined }} {{ csrf_token }}</p>
== labels and classes of PHP -> not-applicable
-- a.php
<html><label><?= lang('DB_PASSWORD') ?></label><?= getenv('DB_PASSWORD') ? 'set' : 'unset' ?></html>
-- b.php
<?php class A { function f() { return getenv('DB_PASSWORD'); } }
== what Astro uses on the server -> pass
-- package.json: astro
-- src/C.astro
<p/>
-- src/pages/i.astro
---
import C from '../C.astro'
const key = import.meta.env.OPENAI_API_KEY
const d = await fetch('https://host.example', { headers: { a: key } }).then(r => r.json())
---
<p>{d.name}{key ? 'on' : 'off'}{await ask({ key })}</p><C apiKey={key} />
== looks in Nuxt's app.config -> pass
-- package.json: nuxt
-- app.vue
<template><p/></template>
-- app.config.ts
export default defineAppConfig({ title: 'a', ui: { primary: 'green' } })
== what Angular may show everybody -> pass
-- package.json: @angular/core
-- src/main.ts
import { environment } from './environments/environment'
-- src/environments/environment.ts
export const environment = { firebase: { projectId: 'a' }, apiUrl: 'https://host.example', jwtSecret: '' }
// openaiApiKey: 'RANDOM'
== an environment file of a server beside Angular -> pass
-- package.json: @angular/core @nestjs/core
-- src/main.ts
console.log(1)
-- apps/api/src/environments/environment.ts
export const environment = { dbPassword: 'postgres' }
== another file's setting used on the server -> pass
-- package.json: next react-dom
-- lib/config.ts
export const config = { key: process.env.OPENAI_API_KEY, url: 'x' }
-- app/c.tsx
'use client'
export default function C(p) { return <p/> }
-- app/page.tsx
import { config } from '../lib/config'
import C from './c'
const ask = () => fetch(config.url, { headers: { a: config.key } })
export default async function P() { await ask(); return <C k={config.url} /> }
== constants of a server in a package that is bundled too -> pass
-- package.json: vite react-dom
-- index.html: vite
-- src/main.tsx
import { s3 } from './constants'
-- src/constants.ts
export const s3 = process.env.S3_SECRET_KEY
"""
