"""The words that names and values are judged by: what makes a name a secret's, and what makes a value no secret."""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


PASSWORD = _set("password passwd passphrase passcode pwd pass pw passwort senha contrasena passe kennwort mdp clave")
PASS_WORDS = _set("word phrase code wd")
"""Words that make one with the `pass` before them, however a name borders them: `PassPhrase`."""
ENCODINGS = _set("utf-8 utf8 utf-16 utf16le ascii latin-1 latin1 base64 base64url hex binary ucs2")
"""What bytes and texts are turned into each other by, in a call that has a secret's name before it."""
PASSES = _set("first second third two multi render shader shadow blur bloom encode")
"""Words that make the `pass` after them a run over something."""
SECRET = _set("secret secrets")
TOKEN = _set("token tokens bearer jwt auth authorization credential credentials creds cred")
GLUED = (
    ("password", "password"), ("passwd", "password"), ("passwort", "password"), ("passphrase", "password"),
    ("secretkey", "signing"), ("signingkey", "signing"), ("jwtsecret", "signing"), ("secret", "secret"),
    ("apikey", "key"), ("accesskey", "key"), ("privatekey", "key"), ("authkey", "key"), ("masterkey", "key"),
    ("encryptionkey", "key"), ("token", "token"),
)  # fmt: skip
"""Endings of words written without a border ("dbpassword"), and their kind."""
NOT_GLUED = _set("tiktoken subtoken")
"""Words that end so and mean pieces of text."""

KEY_QUALIFIERS = _set(
    "api access secret private signing sign signature encryption encrypt encrypting crypto cipher auth authentication "
    "master admin service license app application jwt hmac shared ssh deploy server fernet aes webhook subscription "
    "integration session cookie security account root role client sas function host sdk ingest live consumer "
    "rsa tls ssl pem storage connection data"
)
"""Words that make the `key` after them a secret's name."""
NOT_A_KEY = _set(
    "public pub publishable anon anonymous site sort cache primary foreign partition row range translation i18n "
    "shortcut hot meta map dict object index unique composite group query react event lookup config idempotency "
    "dedupe routing bucket s3 r2 file blob asset image content label title message sitekey natural surrogate join "
    "legend local locale lang test next prev last first current filter order field column header param option media "
    "spreadsheet sheet write sticky settings setting state theme color colour recaptcha turnstile hcaptcha captcha "
    "pixel tracking measurement maps repo repository gpg pgp apt keyserver verify verifying verification pubkey trusted"
)
NOT_A_SECRET = _set(
    "csrf xsrf csrfmiddlewaretoken public publishable pad eos bos unk mask sep cls stop special next page cursor "
    "continuation pagination sync cancel cancellation design dummy fake mock example sample placeholder invalid wrong "
    "bad expired incorrect hashed encrypted sealed crypted lex parse parser syntax start end max min num total count "
    "prompt completion input output cached reasoning no without missing forgot forgotten authenticity masked redacted"
)
"""Words that make a later token, secret or password something else."""

NOT_A_TOKEN = _set("version revision cart basket paging scroll seek lock fencing")
"""Words right before a token that opens nothing: which version it is, which page comes next, whose cart."""

SIGNING = _set("jwt session cookie signing sign flask django app nextauth auth csrf hmac token webhook state jwe jws")

NEUTRAL_TAIL = _set(
    "value val string str plain raw b64 base64 hex prod production live dev development staging stage default current "
    "old new primary secondary backup main internal external encoded literal env 1 2 3 4 5 v1 v2 v3 override bytes"
)
"""Words after the secret's word that change nothing."""
OTHER_TAIL = _set(
    "id ids name names url urls uri uris path paths file files filename dir folder header headers field fields input "
    "inputs label labels type types typ method endpoint endpoints address addresses length len size sizes count "
    "counts limit limits max min expiry expires expiration exp ttl age lifetime duration timeout algorithm alg algo "
    "hash hashes hashed digest hasher hashers encoder decoder regex re regexp pattern patterns placeholder hint help "
    "title message messages msg error errors err prefix suffix policy rule rules validator validators validation "
    "schema column col variable var arn ref reference version role scope scopes index idx color colour style styles "
    "class classname selector icon page route routes required enabled disabled visible reset change changed strength "
    "confirm confirmation format issuer audience provider providers kind usage usages status store manager backend "
    "service services model models factory generator parser form forms view views link button btn tab modal dialog "
    "screen description desc text html code codes list map set dict template subject email mail user username account "
    "owner date time at on by for in is has not get handler fn func function callback middleware guard cookie param "
    "params attr attribute attributes property prop props option options config cfg mode state event action request "
    "response result data info meta metadata payload object obj cls mock fixture encoding charset checksum "
    "fingerprint thumbprint integrity sha sha1 sha256 md5 source sources location storage key_id keyid identifier "
    "rotation renewal grant exchange bucket budget cost price per stream window position embedding vocab mask pad "
    "contract mint program symbol decimals supply standard card section table panel row item items"
)
"""Words after the secret's word that make the name that of something about the secret."""

PLACEHOLDER_ANYWHERE = (
    "example", "placeholder", "changeme", "change-me", "change_me", "changethis", "change_this", "change-this",
    "redacted", "your-", "your_", "yourkey", "yoursecret", "yourtoken", "yourpassword", "insert", "replace", "dummy",
    "xxxx", "****", "....", "sample", "notreal", "not-real", "not_real", "not-a-real", "fixme", "to-be-", "to_be_",
    "not-a-secret", "not_a_secret", "notasecret",
    "put-your", "enter-your", "some-secret", "some_secret", "fakekey", "fake-", "fake_", "mock-", "mock_", "deadbeef",
    "mustbe", "undefined", "<your", "todo", "-here", "_here", "•", "…", "lorem", "keyboard cat", "keyboardcat",
    "abcd1234", "a1b2c3d4",
    "override", "not-for-prod", "insecure-key", "hackme", "generate-with", "generate_with", "openssl rand",
)  # fmt: skip
PLACEHOLDER_WORDS = _set(
    "your my test tests testing foo bar baz qux fake mock none null nil true false here todo tbd value string text "
    "secret token password passwd key apikey default local localhost dev development prod change replace set me this "
    "abc xyz demo stub temp tmp admin root user guest pass login some"
)
"""Words that, when a value is made of nothing else (and a few digits), make it a stand-in."""
COMMON_PASSWORDS = _set(
    "password passw0rd p@ssw0rd p@ssword letmein qwerty welcome admin root guest test demo user secret changeme hello "
    "master login abc iloveyou monkey dragon postgres mysql redis mongo rabbitmq minio example toor pass passwd temp "
    "docker localhost dev develop development local public default changeit airflow grafana keycloak elastic django "
    "p4ssw0rd p4ssword pa55word pa55w0rd"
)

# The commonest letter pairs of English and of identifiers; 86 % of the pairs in such text, 25 % in random letters.
COMMON_PAIRS = _set(
    "ab ac ad ag ai al am an ap ar as at au ba be bi bl bo ca ce ch ci ck cl co cr ct cu da de di do ds ea ec ed ee ef "
    "eg el em en ep er es et ev ex fe ff fi fo ge gi gr ha he hi ho ia ib ic id ie if ig il im in io ip ir is it iv iz "
    "ke la le li ll lo ls lt lu ly ma me mi mo mp na nc nd ne nf ng ni no ns nt oc od ol om on oo op or os ot ou ov ow "
    "pa pe pi pl po pp pr pt qu ra rc rd re ri rm ro rr rs rt ru ry sa sc se sh si so sp ss st su ta te th ti to tr ts "
    "tt tu ty ub ue ul um un up ur us ut va ve vi wa yp ze"
)
