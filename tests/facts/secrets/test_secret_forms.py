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
CODED = base64.b64encode(("sk" + "_live_" + RANDOM).encode()).decode()
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
    ("pay.ts", "const key = 'sk_live" + f"_' + '{RANDOM}';"),
    ("pay.py", 'PARTS = ["sk-ant' + f'-api03-", "{drawn("word", 80, 21)}"]'),
    ("pay.js", f"const k = atob('{CODED}');"),
    ("load.py", f"k = base64.b64decode('{CODED}')"),
    ("a.cs", f'Convert.ToBase64String(Encoding.ASCII.GetBytes("svc_shop:{PASSWORD}"))'),
    ("push.js", f"webpush.setVapidDetails('mailto:a@plantshop.io', '{KEY64[:86]}', '{KEY32[:-1]}');"),
    ("main.go", f'store := sessions.NewCookieStore([]byte("{RANDOM}"))'),
    ("mail.go", f'smtp.PlainAuth("", "shop@plantshop.io", "{PASSWORD}", "smtp.plantshop.io")'),
    ("in.ts", f"await signInWithEmailAndPassword(auth, 'ada@plantshop.io', '{PASSWORD}');"),
    ("seed.ts", f"data: {{ email: 'ada@plantshop.io', hash: await hash('{PASSWORD}', 10) }}"),
    ("seed.py", f"User.objects.create_user('ada', 'ada@plantshop.io', '{PASSWORD}')"),
    ("a.php", f"curl_setopt($ch, CURLOPT_USERPWD, 'shop:{PASSWORD}');"),
    ("a.rb", f"request.basic_auth 'shop', '{PASSWORD}'"),
    ("A.swift", f'request.addValue("{RANDOM}", forHTTPHeaderField: "X-API-Key")'),
    ("up.sh", f"lftp -u shop,{PASSWORD} ftp.plantshop.io"),
    ("up.sh", f"smbclient //nas/shop -U 'shop%{PASSWORD}'"),
    ("mcp.json", json.dumps({"args": ["x", "--api-key", RANDOM]}, indent=2)),
    ("seed.sql", f"INSERT INTO partners (name, api_key) VALUES ('shop', '{RANDOM}');"),
    ("seed.sql", f"insert into `clients` (`id`, `client_secret`, `name`) values (1, '{RANDOM}', 'web');"),
    ("seed.sql", f"INSERT INTO users (email, password) VALUES ('ada@plantshop.io', '{PASSWORD}');"),
    ("seed.sql", f"INSERT INTO settings (name, value) VALUES ('partner_secret_key', '{RANDOM}');"),
    ("seed.sql", f"UPDATE shops SET name = 'x', api_token = '{RANDOM}' WHERE id = 1;"),
    ("seed.sql", f"select vault.create_secret('{RANDOM}', 'ai');"),
    ("api.http", f"@token = {RANDOM}\nGET https://api.plantshop.io\n"),
    ("a.py", f"# staging login: ada / password: {PASSWORD}"),
    ("notes.txt", f"Shop DB password: {PASSWORD}"),
    ("a.html", f"<!-- the admin's password is {PASSWORD} -->"),
    ("a.ts", f"  // to do: remove the api key {RANDOM}"),
    ("a.yml", f"# vendor key: {RANDOM}"),
    (".streamlit/secrets.toml", f'VENDOR = "{RANDOM}"'),
    ("main.rs", f'const JWT_SECRET: &[u8] = b"{RANDOM}";'),
    ("main.rs", f'static API_SECRET: &\'static [u8; 40] = b"{RANDOM}";'),
    ("site.conf", f"SetEnv DB_PASS {PASSWORD}"),
    # As `terraform fmt` lines up the signs.
    ("v.tf", f'variable "db_password" {{\n  description = "x"\n  default     = "{PASSWORD}"\n}}'),
    (".htaccess", f"SetEnv DB_PASS {PASSWORD}\n"),
    ("etc/shadow", f"root:*:17431:0:::\nada:$6${drawn('an', 16, 21)}${drawn('an', 86, 21)}:17431:0:::\n"),
    ("a.py", f"def get_api_key():\n    return '{RANDOM}'"),
    ("a.ts", f"export const getToken = async (): Promise<string> => {{ return '{RANDOM}'; }}"),
    ("a.ts", f"const getSecret = () => '{RANDOM}';"),
    ("a.go", f'func apiToken() string {{\n\treturn "{RANDOM}"\n}}'),
    ("a.cs", f'new AzureKeyCredential("{RANDOM}")'),
    ("a.py", f"weaviate.auth.AuthApiKey('{RANDOM}')"),
    ("a.py", f"requests.post(u, data='grant_type=password&username=ada&password={PASSWORD}')"),
    ("a.sh", f"curl https://api.plantshop.io -d 'api_key={RANDOM}'"),
    ("a.sh", f"fly secrets set X=1 database_password={PASSWORD}"),
    ("a.sh", f"ssh-keygen -t ed25519 -N '{PASSWORD}' -f key"),
    ("A.java", f'.withUser("ada").password("{{noop}}{PASSWORD}").roles("ADMIN")'),
    ("A.java", f'new UsernamePasswordAuthenticationToken("ada", "{PASSWORD}");'),
    ("A.java", f'store.load(file, "{PASSWORD}".toCharArray());'),
    ("a.py", f"parser.set('db', 'password', '{PASSWORD}')"),
    ("a.ex", f'  @api_token "{RANDOM}"\n'),
    ("a.py", f"requests.get(u, params={{'appid': '{HEX}'}})"),
    ("a.js", f"const pk = '0x{WALLET}';"),
    ("a.ts", f"Keypair.fromSecretKey(bs58.decode('{drawn('b58', 88, 21)}'));"),
    ("a.ts", f"Keypair.fromSecretKey(Uint8Array.from([{','.join(str(b) for b in RANDOM.encode() * 2)[:-1][:230]}]))"),
    ("a.ts", f"if (password === 'Harbor7!{PASSWORD}') admin = true;"),
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
    ("a.ts", "const PREFIXES = ['sk_live" + "_', 'sk_live_restricted_keys', 'ghp" + "_', 'personal-access-token'];"),
    ("a.ts", "const key = 'sk_live" + "_' + process.env.KEY; const pk = 'pk_live" + f"_' + '{RANDOM}';"),
    ("a.js", f"const logo = atob('{base64.b64encode(b'sk_live keys begin with this sign, as you know').decode()}');"),
    ("a.go", "store := sessions.NewCookieStore([]byte(os.Getenv(\"SESSION_KEY\")))"),
    ("a.go", 'smtp.PlainAuth("", user, os.Getenv("MAIL_PASSWORD"), "smtp.plantshop.io")'),
    ("a.py", "User.objects.create_user('ada', 'ada@plantshop.io', 'password')"),
    ("a.py", "make_password('correct horse'); generate_password_hash('changeme')"),
    ("a.ts", "const digest = hash('sha256-of-page-2', 10); signInWithEmailAndPassword(auth, email, password)"),
    ("a.rb", "request.basic_auth 'user', 'password'; basic_auth user, ENV['PASSWORD']"),
    ("a.sql", "INSERT INTO users (email, password) VALUES ('ada@plantshop.io', '$2b$12$" + drawn("an", 53, 2) + "');"),
    ("a.sql", f"INSERT INTO partners (api_key_hash, id) VALUES ('{WALLET}', '{UUID}');"),
    ("a.sql", f"INSERT INTO partners (id, api_key, etag) VALUES (1, 'changeme', '{RANDOM}');"),
    ("a.sql", "UPDATE shops SET api_token = 'set-by-the-owner-of-it' WHERE id = 1;"),
    ("a.rb", "@token = SecureRandom.hex\n@api_key = credentials.api_key\n"),
    ("a.py", "# password: at least 8 characters\n# pass: required|min:8\n# The password is hashed with sha256\n"),
    ("a.py", "# password = get_password(1)\n# Passwords: see RFC-2307bis, section 5.3\n#: the password is optional2\n"),
    ("a.ts", f"// the api key client_credentials_of_partner_shop\n// commit token {HEX[:20]}"),
    (".streamlit/secrets.toml", f'client_id = "{RANDOM}"\nurl = "https://plantshop.io/a"'),
    ("main.rs", 'const TOKEN: &[u8] = b"application/vnd.shop+json";'),
    ("site.conf", "SetEnv DB_PASS ${DB_PASS}"),
    (".htaccess", "SetEnv APP_ENV production\nSetEnv DB_PASS ${DB_PASS}\n"),
    ("etc/shadow", "root:*:17431:0:99999:7:::\ndaemon:!:17431:0:99999:7:::\n"),
    ("a.py", "def token_type():\n    return 'urn-ietf-params-oauth-token-type-jwt'"),
    ("a.ts", "const getToken = () => localStorage.getItem('token'); const key = () => 'cart-items-of-the-shop';"),
    ("a.cs", "new AzureKeyCredential(config[Key]); new ApiKeyCredential('your-api-key-goes-here')"),
    ("a.sh", 'curl -d "api_key=$API_KEY" -d "username=$U&password=$P" https://api.plantshop.io'),
    ("a.sh", "curl -d 'username=user&password=password' https://api.plantshop.io; ssh-keygen -N '' -f key"),
    ("A.java", '.password("{noop}password"); "0123456789ABCDEFGHIJ".toCharArray(); f(x, "abcdefghij".toCharArray())'),
    ("a.py", "parser.set('db', 'password', 'the password'); app.set('view', 'token', 'tokenView2')"),
    ("a.ex", '  @api_token_url "https://plantshop.io/a2"\n'),
    ("a.js", f"const pk = '{WALLET}'; const id = '0x{WALLET}';"),
    ("a.ts", "if (password === 'Enter-password-1') {} if (tokenType == 'Bearer2')"),
]  # fmt: skip


def sure(path: str, text: str) -> list[str]:
    return [hit.rule for hit in scan(path, text.encode()).hits if hit.confidence is not Confidence.REVIEW]


@pytest.mark.parametrize(("path", "text"), FOUND, ids=range(len(FOUND)))
def test_what_is_found(path: str, text: str) -> None:
    assert len(sure(path, text)) == 1


@pytest.mark.parametrize(("path", "text"), CLEAN, ids=range(len(CLEAN)))
def test_what_looks_like_it(path: str, text: str) -> None:
    assert sure(path, text) == []
