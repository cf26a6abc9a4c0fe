"""User names, passwords and tokens of addresses, kept out of everything that is shown or written.

An address is taken apart; where it cannot be told what is the password and what the host, nothing of it is
shown. Libraries put addresses into the texts of their errors, whole or in parts, so that the secrets of all
addresses that are known are also looked for in texts.
"""

import os
import re
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote, unquote_plus

HIDDEN = "…"
FILES = ("sqlite", "file")
"""Schemes of addresses that are paths."""
SECRET_VARIABLES = ("PASSWORD", "TOKEN", "SECRET", "SECRET_ACCESS_KEY", "API_KEY", "KAGGLE_KEY")
"""Ends of the names of environment variables that hold a secret, and no address."""
SHORTEST, SHORTEST_VARIABLE = 4, 8
"""A shorter word is not looked for by itself: it is found in other words."""
ADDRESS = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]+""")
_remembered: set[str] = set()


def shown_uri(uri: str) -> str:
    """An address without what comes before its last ``@`` and what its query and fragment say.

    Example:
        >>> shown_uri("https://me:swordfish@mlflow.example:5000/base?token=1")
        'https://mlflow.example:5000/base?…'
    """
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme.partition("+")[0].lower() in FILES:
        return uri
    user, at, host = rest.rpartition("@")
    if at and set(user) & set("/?#"):
        return f"{scheme}://{HIDDEN}"
    address = re.split("[?#]", host, maxsplit=1)
    return f"{scheme}://{address[0]}" + (f"?{HIDDEN}" if len(address) > 1 else "")


def remember_secrets_of(uri: str) -> str:
    """Hide the secrets of an address from now on, and return the address."""
    _remembered.add(uri)
    return uri


def hide_secrets(text: str) -> str:
    """Take the secrets of known addresses out of a text, and those of all addresses that it shows."""
    addresses, words = _known(tuple(sorted(os.environ.items())), tuple(sorted(_remembered)))
    for address in addresses:
        text = text.replace(address, shown_uri(address))
    for word in words:
        text = text.replace(word, "" if word.endswith("@") else HIDDEN)
    return ADDRESS.sub(lambda found: shown_uri(found[0]), text)


@lru_cache(1)
def _known(
    environment: tuple[tuple[str, str], ...], remembered: tuple[str, ...]
) -> tuple[list[str], list[str]]:
    """Addresses with secrets, and the secrets themselves, longest first."""
    addresses = {*remembered, *(value for _, value in environment if "://" in value)}
    secret = {address for address in addresses if shown_uri(address) != address}
    words = {word for address in secret for word in _secrets_of(address)}
    words |= {
        value
        for name, value in environment
        if name.endswith(SECRET_VARIABLES) and len(value) >= SHORTEST_VARIABLE and "://" not in value
    }
    return sorted(secret, key=len, reverse=True), sorted(words, key=len, reverse=True)


def _secrets_of(uri: str) -> set[str]:
    rest = uri.partition("://")[2]
    user, at, host = rest.rpartition("@")
    name, colon, password = user.partition(":")
    parts = {password, *re.split("[/?#@:]", password)} if colon else {name}
    query = re.split("[?#]", host if at else rest, maxsplit=1)[1:]
    parts |= {part.partition("=")[2] or part for part in re.split("[&;]", "".join(query))}
    written = {form(part) for part in parts for form in (str, unquote, unquote_plus)}
    written |= {form(part, safe="") for part in written for form in (quote, quote_plus)}
    written = {part for part in written if len(part) >= SHORTEST}
    return written | ({f"{user}@", f"{unquote(user)}@"} if at else set())
