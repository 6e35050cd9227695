"""Secrets handed over in pairs, setters, command lines, nested settings and defaults; what is near; and stand-ins."""

from __future__ import annotations

import base64

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.facts.secrets.scanner import scan
from shipworthy.model import Confidence

PASSWORD = drawn("pw", 12, 21)
RANDOM = drawn("an", 40, 21)
HEX = drawn("hex", 40, 21)
SALT = drawn("pw", 40, 3) + " %s {k} <z>" + drawn("pw", 13, 4)


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


FORMS = [
    # file, the text around a secret, the secret, what stands there where there is none
    ("a.py", 'USER, PASSWORD = "admin", "{}"', PASSWORD, "changeme"),
    ("a.py", "host, user, password = 'db', 'shop', '{}'", PASSWORD, "password"),
    ("a.js", "const [user, password] = ['shop', '{}'];", PASSWORD, "password"),
    ("a.go", 'user, password, host := "shop", "{}", "db"', PASSWORD, "password"),
    ("a.py", "CREDENTIALS = ('shop', '{}')", PASSWORD, "change-me"),
    ("A.java", 'config.setPassword("{}");', PASSWORD, "Password must not be empty"),
    ("A.java", '.password("{}")', PASSWORD, "${db.password}"),
    ("A.java", '.setSecret("{}")', RANDOM, "client_secret_for_tests_only"),
    ("A.java", 'props.put("password", "{}");', PASSWORD, "password"),
    ("A.java", 'return new PasswordAuthentication("shop@plantshop.io", "{}");', PASSWORD, "password"),
    ("A.java", 'DriverManager.getConnection(URL, USER, "{}");', PASSWORD, "password"),
    ("a.py", "pymysql.connect('db.plantshop.io', 'shop', '{}', 'shop')", PASSWORD, "password"),
    ("a.go", 'req.SetBasicAuth("shop", "{}")', PASSWORD, "password"),
    ("a.ts", "SecretValue.unsafePlainText('{}')", PASSWORD, "change-me"),
    ("a.js", "'Basic ' + btoa('shop:{}')", PASSWORD, "${password}"),
    ("a.py", "token = 'Bearer ' + '{}'", RANDOM, "your-token-goes-here"),
    ("a.js", "headers: {{ Authorization: '{}' }}", RANDOM, "Bearer"),
    ("application.yml", "    password: ${{DB_PASSWORD:{}}}", PASSWORD, "changeme"),
    ("A.java", '@Value("${{app.jwt.secret:{}}}")', RANDOM, "secret-key"),
    ("docker-compose.yml", "      POSTGRES_PASSWORD: ${{POSTGRES_PASSWORD:-{}}}", PASSWORD, "postgres"),
    ("run.sh", "db=${{DB_PASSWORD:-{}}}", PASSWORD, "$OTHER"),
    ("a.ts", 'JWT_SECRET: z.string().min(16).default("{}"),', RANDOM, "development-secret"),
    ("a.js", 'password: {{ doc: "db", format: String, default: "{}" }}', PASSWORD, "password"),
    (".gitlab-ci.yml", 'variables:\n  DB_PASSWORD:\n    value: "{}"', PASSWORD, "$MASKED"),
    ("app.json", '{{"env": {{"API_SECRET": {{"description": "x", "value": "{}"}}}}}}', RANDOM, "generated"),
    ("azuredeploy.json", '"adminPassword": {{"type": "string", "defaultValue": "{}"}}', PASSWORD, "GEN-PASSWORD"),
    ("a.py", "x = os.getenv('DB_PASSWORD', '{}')", PASSWORD, "postgres"),
    ("a.rs", 'env::var("JWT_SECRET").unwrap_or_else(|_| "{}".to_string());', RANDOM, "development-secret"),
    ("a.rs", 'const DB_PASSWORD: &str = "{}";', PASSWORD, "password"),
    ("a.rb", 'key = ENV.fetch("API_KEY") {{ "{}" }}', RANDOM, "no-key-is-set-here"),
    ("a.dart", "String.fromEnvironment('API_KEY', defaultValue: '{}');", RANDOM, "no-key-is-set"),
    ("a.php", "$pass = getenv('DB_PASS') ?: '{}';", PASSWORD, "password"),
    ("a.py", "password = args.password or '{}'", PASSWORD, "no-password"),
    ("a.go", 'Password string `env:"DB_PASSWORD" envDefault:"{}"`', PASSWORD, "postgres"),
    ("a.ino", 'const char password[] = "{}";', PASSWORD, "password"),
    ("A.h", '#define API_SECRET @"{}"', RANDOM, "API_SECRET_VALUE"),
    ("main.bicep", "param adminPassword string = '{}'", PASSWORD, "password"),
    ("build.gradle", 'buildConfigField "String", "API_KEY", "\\"{}\\""', RANDOM, "${apiKey}"),
    ("compose.yml", 'command: ["redis-server", "--requirepass", "{}"]', PASSWORD, "$REDIS_PASSWORD"),
    ("a.yml", 'args:\n  - "--token={}"', RANDOM, "$(TOKEN)"),
    ("a.sh", "kubectl create secret generic db --from-literal=password={}", PASSWORD, "$PASSWORD"),
    ("a.sh", "helm upgrade shop ./chart --set db.password={}", PASSWORD, "$PASSWORD"),
    ("a.sh", 'echo "root:{}" | chpasswd', PASSWORD, "$ROOT"),
    ("a.sh", 'echo "{}" | docker login -u shop --password-stdin', PASSWORD, "$TOKEN"),
    ("a.sh", "openssl rsa -passin pass:{} -in a.key", PASSWORD, "$KEY_PASS"),
    ("ldap.conf", "bindpw {}", PASSWORD, "password"),
    ("nginx.conf", 'set $api_key "{}";', RANDOM, "$http_x_api_key"),
    ("app.rb", "set :session_secret, '{}'", HEX, "session_secret_value"),
    ("config.edn", '{{:db {{:password "{}"}}}}', PASSWORD, "password"),
    ("compose.yml", "      NEO4J_AUTH: neo4j/{}", PASSWORD, "password"),
    ("a.yml", "api_key: >-\n  {}\n", RANDOM, "none-given-yet"),
    ("a.yml", "users:\n  - {{name: a, password: {}}}", "k*" + PASSWORD, "password"),
    ("v.tf", 'variable "db_password" {{\n  validation {{\n  }}\n  default = "{}"\n}}', PASSWORD, "change-me"),
    ("m.tf", 'resource "azurerm_key_vault_secret" "db" {{\n  value = "{}"\n}}', PASSWORD, "${var.password}"),
    ("requirements.txt", "git+https://{}@github.com/shop/x.git", HEX, "${TOKEN}"),
    ("wp-config.php", "define( 'NONCE_SALT',  '{}' );", SALT, "put your unique phrase here"),
    ("k8s.yml", "kind: Secret\ndata:\n  url: {}\n", coded(f"redis://:{PASSWORD}@r.plantshop.io/0"), coded("a" * 24)),
    ("a.txt", "Unseal Key 1: {}", drawn("b64", 44, 2), "<key>"),
    ("a.sh", "java -Ddb.password={} -jar a.jar", PASSWORD, "$PASSWORD"),
    ("a.sh", "mongosh -u admin -p {} --authenticationDatabase admin", PASSWORD, "$PASSWORD"),
    ("a.sh", "unzip -P {} a.zip", PASSWORD, "password"),
    ("a.js", "cookie: {{ secrets: ['{}'] }}", RANDOM, "change-me-to-something-else"),
    ("a.py", "API_KEYS = {{'shop': '{}'}}", RANDOM, "test-key-for-the-shop"),
    ("a.js", "basicAuth({{ users: {{ admin: '{}' }} }})", PASSWORD, "password"),
    ("a.rb", "OpenSSL::HMAC.hexdigest('sha256', '{}', data)", RANDOM, "changeme-changeme"),
    ("a.go", 'hmac.New(sha256.New, []byte("{}"))', RANDOM, "changeme-changeme"),
    ("a.py", "client.username_pw_set('shop', '{}')", PASSWORD, "password"),
    ("AndroidManifest.xml", '<meta-data android:name="x.API_SECRET" android:value="{}" />', RANDOM, "${SECRET}"),
    ("a.py", f"f'postgresql://shop:{PASSWORD}@{{{{host}}}}/{{}}'", "shop", None),
]  # fmt: skip

NEAR = [
    ("a.py", f"user, password_hash = 'shop', '{HEX}'"),
    ("a.py", "key, label = 'X-Shop-Token-2', 'Api2Key'"),
    ("a.py", "login(user, password='a', title='Sign-in page 2')"),
    ("A.java", f'digest.setChecksum("{HEX}"); passwords.hasPassword("{PASSWORD}")'),
    ("a.sh", "x=${TOKEN:+--token=$TOKEN} y=${PASSWORD:?must-be-set-1} z=${TOKEN_FILE:-/run/token1}"),
    ("openapi.yml", "    password:\n      type: string\n      default: correct-horse\n"),
    ("a.py", "parser.add_argument('--token', '--auth-token', help='a token')"),
    ("a.sh", "helm upgrade shop ./chart --set image.tag=v1.2.3-9f2K7q --set db.passwordKey=Db2Pass-x1"),
    ("a.sh", f"aws ssm put-parameter --name ami --type String --value ami-{HEX[:17]}"),
    ("a.rb", "t.string :token, null: false; validates :password, 'Too short'"),
    ("k8s.yml", f"kind: SealedSecret\nspec:\n  encryptedData:\n    url: {coded(RANDOM)}\n"),
    ("k8s.yml", f"kind: ConfigMap\ndata:\n  logo: {coded(RANDOM)}\n"),
    ("k8s.yml", f"kind: Secret\ndata:\n  tls.crt: {coded('-----BEGIN CERTIFICATE-----' + RANDOM)}\n"),
    ("a.js", f"const dsn = 'https://{HEX[:32]}@o12.ingest.sentry.io/4'"),
    ("a.py", "btoa('user:password'); b64encode(b'key:value1')"),
    (".env", f"API_KEY='encrypted:{RANDOM}{RANDOM}'"),
    ("a.ts", f"const TOKEN_MINT = '{drawn('b58', 44, 2)}'"),
    (".gitconfig", f"[user]\n  signingKey = {drawn('HEX', 40, 2)}"),
    ("tokens.json", '{"api-token": {"value": "#3f2b8c"}, "token": {"value": "Inter-Bold-700"}}'),
    ("a.py", "@click.option('--password', 'db_passwd1')"),
    ("a.py", "# api_key='a1b2c3d4e5f6g7h8'"),
    ("a.sh", "postgres://shop:p4ssw0rd@${HOST}/shop"),
    ("k8s.yml", f"kind: Secret\ndata:\n  host: {coded('db.plantshop.io:5432/shop')}\n"),
    ("a.php", f"$api_keys[] = '{RANDOM}';"),
    ("a.php", f" * define('AUTH_KEY', '{SALT}');"),
    ("a.py", "password = 'shop-admin-2'"),
    ("env.json", '{"PWD": "/Users/kmzq7Tx/projects/shop-9X"}'),
    ("a.sh", "docker build --secret id=npmrc7X,src=.npmrc ."),
    ("k8s.yml", f"kind: Secret\ndata:\n  DB_PASSWORD: {coded('changeme')}\n  SECRET_KEY: {coded('postgres')}\n"),
    ("sealed.json", f'{{"kind": "SealedSecret", "encryptedData": {{"secret": "AgA{drawn("b64", 400, 2)}"}}}}'),
    ("a.js", "const users = { admin: 'ROLE_ADMIN_2', owner: 'Owner' }"),
    ("a.sh", "zip -r out.zip . -x node_modules; ldapsearch -x -w $PW; mongosh -p"),
    ("v.tf", f'variable "db_password" {{\n  type = string\n}}\nvariable "v" {{\n  default = "{PASSWORD}"\n}}'),
]  # fmt: skip


def sure(path: str, text: str) -> list[str]:
    return [hit.rule for hit in scan(path, text.encode()).hits if hit.confidence is not Confidence.REVIEW]


@pytest.mark.parametrize(("path", "text", "secret", "stand_in"), FORMS, ids=range(len(FORMS)))
def test_what_is_handed_over_is_found_and_a_stand_in_is_not(
    path: str, text: str, secret: str, stand_in: str | None
) -> None:
    assert len(sure(path, text.format(secret))) == 1
    if stand_in is not None:
        assert sure(path, text.format(stand_in)) == []


@pytest.mark.parametrize(("path", "text"), NEAR, ids=range(len(NEAR)))
def test_what_is_near_is_no_secret(path: str, text: str) -> None:
    assert sure(path, text) == []
