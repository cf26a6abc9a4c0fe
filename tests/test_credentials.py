from unittest.mock import patch
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from s3f_pipeline import credentials
from s3f_pipeline.credentials import hide_secrets, remember_secrets_of, shown_uri

PASSWORD = "sword/f#i@s?h:%41"
ADDRESSES = {
    "as it should be": f"https://me:{quote(PASSWORD, safe='')}@mlflow.example:5000/base",
    "not quoted": f"https://me:{PASSWORD}@mlflow.example:5000/base",
    "of a database": f"postgresql+psycopg2://me:{quote(PASSWORD, safe='')}@db.example/mlflow",
    "user only": "https://swordfish-token@mlflow.example/base",
    "token in the query": "https://mlflow.example/base?access_token=swordfish-token&b=1",
    "token in the fragment": "https://mlflow.example/base#swordfish-token",
}
SECRETS = (PASSWORD, quote(PASSWORD, safe=""), "swordfish-token")


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_no_secret_is_shown(address, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    parts = urlsplit(address)
    said = (
        f"GET {address}/api failed: '{address}', host={parts.netloc}, url: {parts.path}?{parts.query} "
        f"(Caused by {parts.fragment} {unquote(parts.netloc)})"
    )
    for text in (shown_uri(address), hide_secrets(said)):
        assert not [secret for secret in SECRETS if secret in text]


def test_what_is_not_secret_is_shown():
    assert shown_uri(ADDRESSES["as it should be"]) == "https://mlflow.example:5000/base"
    assert shown_uri(ADDRESSES["of a database"]) == "postgresql+psycopg2://db.example/mlflow"
    assert shown_uri(ADDRESSES["token in the query"]) == "https://mlflow.example/base?…"
    for address in (
        "sqlite:////a@b/x#y?/mlflow.db",
        "file:///a@b",
        "http://host:5000",
        "databricks",
        "/a",
    ):
        assert shown_uri(address) == address
    text = "12:00:00 GET https://example.org/x: 404 for me@example.org"
    assert hide_secrets(text) == text


def test_where_password_and_host_cannot_be_told_apart_nothing_is_shown():
    assert shown_uri(ADDRESSES["not quoted"]) == "https://…"


def test_an_address_that_nobody_knew_is_hidden_in_a_text():
    assert hide_secrets("no route to 'http://me:swordfish@host/x'") == "no route to 'http://host/x'"


def test_variables_that_hold_a_secret_are_hidden(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "swordfish")
    monkeypatch.setenv("SOME_TOKEN", "true")
    assert hide_secrets("swordfish is true") == "… is true"


@patch.object(credentials, "_remembered", set())
@given(st.text(st.characters(codec="utf-8"), min_size=6, max_size=20), st.booleans())
def test_any_password_is_hidden(password, quoted):
    assume(password.strip() == password)
    written = quote(password, safe="") if quoted else password
    address = remember_secrets_of(f"http://somebody:{written}@host:1/x")
    for text in (shown_uri(address), hide_secrets(f"cannot reach {address}: {password} or {written}")):
        assert password not in text
