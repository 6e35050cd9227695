"""Keys and passwords that calls take by their place: what is found, what is near, and what stands in."""

from __future__ import annotations

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.facts.secrets.scanner import scan
from shipworthy.model import Confidence

RANDOM = drawn("an", 40, 21)
HEX = drawn("hex", 20, 21)
PASSWORD = drawn("pw", 12, 21)

FORMS = [
    # file, the call around a secret, the secret, what stands there where there is none
    ("a.js", "new google.auth.OAuth2('7-shop.apps', '{}', 'https://shop.io/cb')", RANDOM, "your-client-secret-here"),
    ("a.py", "auth = tweepy.OAuthHandler('k7x2p9', '{}')", RANDOM, "your-consumer-secret-here"),
    ("a.py", "auth.set_access_token(token_id, '{}')", RANDOM, "your-access-token-secret"),
    ("a.py", "Minio('files.plantshop.io', KEY, '{}', secure=True)", RANDOM, "your-minio-secret-key-here"),
    ("a.rb", "Aws::Credentials.new(settings.id, '{}')", RANDOM, "your-secret-access-key-here"),
    ("a.rs", 'Credentials::new(id, "{}", None, None, "static")', RANDOM, "your-secret-access-key-here"),
    ("a.php", "new Pusher('shop', '{}', '178421')", HEX, "your-pusher-secret-goes-here"),
    ("a.ts", "export const db = createClient(url, '{}')", RANDOM, "your-service-key-goes-here"),
    ("a.py", "ssh.connect('sftp.plantshop.io', 22, 'shop', '{}')", PASSWORD, "password"),
    ("a.php", "ftp_login($link, 'shop', '{}');", PASSWORD, "password"),
    ("a.py", "FTP('ftp.plantshop.io', 'shop', '{}')", PASSWORD, "password"),
    ("a.py", "cx_Oracle.connect('shop', '{}', 'db.plantshop.io/shop')", PASSWORD, "password"),
    ("A.java", 'Credentials.basic("shop", "{}");', PASSWORD, "password"),
    ("a.rs", 'client.get(url).basic_auth("shop", Some("{}"))', PASSWORD, "password"),
    ("a.php", "$client->get($url, ['auth' => ['shop', '{}']]);", PASSWORD, "password"),
    ("a.py", "Connection(server, 'cn=shop,dc=plantshop,dc=io', '{}')", PASSWORD, "password"),
    ("a.go", 'err := l.Bind("uid=shop,ou=apps,dc=plantshop,dc=io", "{}")', PASSWORD, "password"),
    ("k8s.yml", 'env:\n  - name: SMTP_PASS\n    value: "{}"\n', PASSWORD, "$(SMTP_PASS)"),
]  # fmt: skip
NEAR = [
    ("a.js", "new google.auth.OAuth2(CLIENT_ID, CLIENT_SECRET, 'https://plantshop.io/auth/callback2')"),
    ("a.ts", "const db = createClient(url, key, 'options_for_the_shop_v2'); createClient(url, { schema: 'public' })"),
    ("a.py", "Minio('files.plantshop.io', KEY, SECRET, 'eu-central-1')"),
    ("a.php", "new Pusher(env('PUSHER_KEY'), env('PUSHER_SECRET'), 'the-id-of-this-very-app')"),
    ("a.php", "'auth' => ['web', 'admin'], 'oauth' => ['read:user', 'user:email2'],"),
    ("a.py", "EXTRAS = {'remote-auth': ('ldap', 'saml2')}"),
    ("a.py", "bases = ['cn=shop,dc=plantshop,dc=io', 'cn=Shop2,dc=plantshop,dc=io']"),
    ("a.py", "ssh.connect('sftp.plantshop.io', 22, USER, PASSWORD); ftp('a', 'b', mode='Binary-2')"),
    ("k8s.yml", "env:\n  - name: SMTP_PASS\n    valueFrom:\n      secretKeyRef: {name: Smtp-2, key: pass}\n"),
]


def sure(path: str, text: str) -> list[str]:
    return [hit.rule for hit in scan(path, text.encode()).hits if hit.confidence is not Confidence.REVIEW]


@pytest.mark.parametrize(("path", "text", "secret", "stand_in"), FORMS, ids=range(len(FORMS)))
def test_what_is_handed_over_in_order_is_found_and_a_stand_in_is_not(
    path: str, text: str, secret: str, stand_in: str
) -> None:
    assert len(sure(path, text.format(secret))) == 1
    assert sure(path, text.format(stand_in)) == []


@pytest.mark.parametrize(("path", "text"), NEAR, ids=range(len(NEAR)))
def test_what_is_near_is_no_secret(path: str, text: str) -> None:
    assert sure(path, text) == []
