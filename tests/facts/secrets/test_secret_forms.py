"""Secrets in the forms that statements, calls, settings and files give them, and what looks like them: one table."""

from __future__ import annotations

import base64
import json

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.facts.secrets.scanner import scan
from shipworthy.model import Confidence

RANDOM = drawn("an", 40, 21)
HEX = drawn("hex", 32, 21)
WALLET = drawn("hex", 64, 21)
PASSWORD = drawn("pw", 12, 21)
KEY32 = drawn("an", 43, 21) + "="
KEY64 = drawn("b64", 86, 21) + "=="
MAIL = " ".join(drawn("lc", 4, seed) for seed in (3, 8, 12, 17))
PHRASE = "orbit velvet canyon ripple mango fossil lantern tunnel gospel hybrid pencil wagon"
PEM = "-----BEGIN RSA PRIV" + "ATE KEY-----\n" + "\n".join(drawn("b64", 64, seed) for seed in range(12))
UUID = "-".join(drawn("hex", size, 21) for size in (8, 4, 4, 4, 12))

FOUND = [
    ("package.json", json.dumps({"scripts": {"deploy": f"netlify deploy --auth {RANDOM}"}}, indent=1)),
    ("package.json", json.dumps({"scripts": {"maps": f"sentry-cli --auth-token={RANDOM} upload"}}, indent=1)),
    ("deploy.sh", f"shopctl --client-secret {RANDOM} apply"),
    ("Procfile", f"flower: celery -A shop flower --basic_auth=admin:{PASSWORD}"),
    ("nginx.conf", f"proxy_set_header X-Api-Key {RANDOM};"),
    ("site.conf", f'RequestHeader set X-Shop-Token "{HEX}"'),
    ("init.sql", f"CREATE USER shop WITH PASSWORD '{PASSWORD}';"),
    ("init.sql", f"CREATE USER 'shop'@'%' IDENTIFIED BY '{PASSWORD}';"),
    ("mail.py", f"smtp.login('shop@plantshop.io', '{PASSWORD}')"),
    ("mail.py", f"EMAIL_HOST_PASSWORD = '{MAIL}'"),
    ("mail.py", f"server.login('shop@plantshop.io', '{MAIL.replace(' ', '')}')"),
    ("db.php", f"$db = new mysqli('db.plantshop.io', 'shop', '{PASSWORD}', 'shop');"),
    ("db.php", f"$pdo = new PDO('mysql:host=db;dbname=shop', 'shop', '{PASSWORD}');"),
    ("wp-config.php", f"define( 'DB_PASSWORD', '{PASSWORD}' );"),
    ("db.js", f"new Sequelize('shop', 'shop', '{PASSWORD}', {{ host: 'db' }})"),
    ("a.py", f"auth = HTTPBasicAuth('shop', '{PASSWORD}')"),
    ("db.go", f'dsn := "shop:{PASSWORD}@tcp(db.plantshop.io:3306)/shop"'),
    ("app.properties", f"spring.datasource.url=jdbc:postgresql://db/shop?user=shop&password={PASSWORD}"),
    ("db.py", f'psycopg2.connect("host=db.plantshop.io dbname=shop user=shop password={PASSWORD}")'),
    ("inventory.ini", f"web1 ansible_host=10.0.0.4 ansible_ssh_pass={PASSWORD}"),
    ("compose.yml", f"    command: redis-server --requirepass {RANDOM}"),
    ("config.py", f"    SECRET_KEY = os.environ.get('SECRET_KEY') or '{RANDOM}'"),
    ("config/master.key", HEX + "\n"),
    ("src/main.rs", f'const API_TOKEN: &str = "{RANDOM}";'),
    ("Settings.cs", f'public string ApiKey {{ get; set; }} = "{RANDOM}";'),
    ("a.R", f'api_key <- "{RANDOM}"'),
    ("call.sh", f"curl -H 'X-Api-Key: {HEX}' https://api.plantshop.io"),
    ("a.py", f"headers = {{'Authorization': 'Token {RANDOM}'}}"),
    ("a.js", f"fetch('https://api.weather.io/v1?appid={HEX}&q=Berlin')"),
    ("a.js", f"fetch('https://shop.azurewebsites.net/api/x?code={drawn('word', 54, 21)}==')"),
    ("a.js", f"new CosmosClient({{ endpoint, key: '{KEY64}' }})"),
    ("a.py", f"KEY = b'{KEY32}'"),
    ("a.py", f"cipher = AES.new(b'{RANDOM[:32]}', AES.MODE_CBC, iv)"),
    ("a.js", f"crypto.createCipheriv('aes-256-cbc', '{RANDOM[:32]}', iv)"),
    ("a.py", f"parser.add_argument('--api-key', default='{RANDOM}')"),
    ("a.py", f"@click.option('--token', default='{RANDOM}')"),
    ("appsettings.json", json.dumps({"Jwt": {"Issuer": "shop", "Key": RANDOM}})),
    ("k8s.yaml", f"  tls.key: {base64.b64encode(PEM.encode()).decode()}"),
    ("res/values/strings.xml", f'<string name="api_secret">{RANDOM}</string>'),
    ("ios/Config.xcconfig", f"API_SECRET = {RANDOM}"),
    ("A.java", f'Algorithm.HMAC256("{RANDOM}")'),
    ("a.cs", f'new SymmetricSecurityKey(Encoding.UTF8.GetBytes("{RANDOM}"))'),
    ("a.js", f"app.keys = ['{RANDOM}'];"),
    ("secrets.h", f'#define WIFI_PASS "{PASSWORD}"'),
    ("template.yaml", f"Parameters:\n  DBPassword:\n    Type: String\n    Default: {PASSWORD}"),
    ("template.yaml", f"      MasterUserPassword: {PASSWORD}"),
    ("Makefile", f"DEPLOY_TOKEN := {RANDOM}"),
    ("a.py", f"pika.PlainCredentials('shop', '{PASSWORD}')"),
    (".sentryclirc", f"[auth]\ntoken={WALLET}"),
    ("config.py", f"mot_de_passe = '{PASSWORD}'"),
    (".pgpass", f"db.plantshop.io:5432:shop:shop:{PASSWORD}"),
    (".npmrc", f"//npm.plantshop.example/:_authToken={UUID}"),
    (".dev.vars", f"TURNSTILE_SECRET_KEY=0x4AA{'AAAAA'}{drawn('an', 26, 21)}"),
    ("hardhat.config.js", f"networks: {{ main: {{ accounts: ['0x{WALLET}'] }} }}"),
    (".env", f'MNEMONIC="{PHRASE}"'),
]  # fmt: skip

CLEAN = [
    ("Procfile", "flower: celery -A shop flower --basic_auth=$FLOWER_USER:$FLOWER_PASSWORD"),
    ("run.sh", "mongod --auth --port 27017"),
    ("run.sh", "shopctl --auth-token=$TOKEN --auth basic-authentication-2 --access-token ${TOKEN} x"),
    ("nginx.conf", "proxy_set_header Sec-WebSocket-Key $http_sec_websocket_key;"),
    ("nginx.conf", "proxy_set_header X-Auth-Request-Redirect https://a.plantshop.io/oauth2/start;"),
    ("init.sql", "CREATE USER app WITH PASSWORD :'app_password';"),
    ("init.sql", "CREATE USER app WITH PASSWORD 'changeme';"),
    ("init.sql", "ALTER TABLE users ADD COLUMN password_hash varchar(255);"),
    ("a.py", "smtp.login(settings.MAIL_USER, settings.MAIL_PASSWORD)"),
    ("a.py", "page.login('user', 'password')"),
    ("a.py", "PASSWORD_HINT = 'mysecretpassword'"),
    ("a.py", "password_help = 'your last four pets'"),
    ("db.go", 'dsn := "user:password@tcp(localhost:3306)/db"'),
    ("db.py", 'f"host={host} dbname={name} user={user} password={password}"'),
    ("config.py", "LOCALE = os.environ.get('LOCALE') or 'en_GB.UTF-8'"),
    ("config.py", "TOKEN = os.environ.get('TOKEN') or 'no-token-set'"),
    ("src/main.rs", 'const TOKEN_HEADER: &str = "X-Plantshop-Token-V2";'),
    ("Settings.cs", 'public string ApiKey { get; set; } = "";'),
    ("call.sh", 'curl -H "X-Api-Key: $API_KEY" https://api.plantshop.io'),
    ("a.py", "headers = {'Authorization': f'Token {token}'}"),
    ("a.py", f"public_key = '{KEY32}'"),
    ("package.json", f'"integrity": "sha512-{KEY64}"'),
    ("a.py", "parser.add_argument('--token', default='')"),
    ("a.py", "parser.add_argument('--key-file', default='id_ed25519')"),
    ("appsettings.json", json.dumps({"Jwt": {"Issuer": "https://id.plantshop.io", "Audience": "shop"}})),
    ("res/values/strings.xml", '<string name="password">Password</string>'),
    ("a.ts", "const KEYS = { secretKey: 'ctrl+shift+p', tokenKey: 'Meta+Shift+Enter' }"),
    ("a.stories.tsx", "args: { password: 'hunter2!', token: 'story-token' }"),
    ("nl.ts", "export default { password: 'wijzigwachtwoord' }"),
    ("keys.json", json.dumps({"verifyKey": KEY32})),
    ("fr.ts", "{ motDePasse: 'Mot de passe', mdp_oublie: 'Mot de passe perdu ?' }"),
    ("a.ts", "client_secret: 'cs_test_123',"),
    ("seed.py", "client_secret='shop_cl_e2e_seed_checkout_2'"),
    ("Dockerfile", f"ENV GPG_KEY {drawn('HEX', 40, 21)}"),
    ("hardhat.config.js", "accounts: [process.env.PRIVATE_KEY]"),
    ("hardhat.config.js", "accounts: { mnemonic: 'test test test test test test test test test test test junk' }"),
    (".env", "MNEMONIC=\"the twelve words that your wallet showed when you first made it up\""),
]  # fmt: skip


def sure(path: str, text: str) -> list[str]:
    return [hit.rule for hit in scan(path, text.encode()).hits if hit.confidence is not Confidence.REVIEW]


@pytest.mark.parametrize(("path", "text"), FOUND, ids=range(len(FOUND)))
def test_what_is_found(path: str, text: str) -> None:
    assert len(sure(path, text)) == 1


@pytest.mark.parametrize(("path", "text"), CLEAN, ids=range(len(CLEAN)))
def test_what_looks_like_it(path: str, text: str) -> None:
    assert sure(path, text) == []
