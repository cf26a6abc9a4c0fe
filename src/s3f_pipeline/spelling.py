"""When two texts are one name or one id, however they are written.

Names of files, folders, columns and classes are one if Unicode calls them canonically equivalent: macOS
writes ``Ö`` as ``O`` with a mark, other systems as one character.

Ids of patients and lesions come from people, spreadsheets and scanners, and are spelt more freely. What
cannot be seen or means nothing is taken away (``tidy_id``): invisible characters, blanks at the ends, more
than one blank or another kind of it between words, and ``.0`` behind a whole number, which floating point
adds. Ids that are still different, but that a person could take for one, have an equal key (``id_key``); such
ids are never two patients: tables that have both are refused, and headers that have both name one patient.
"""

import re
import unicodedata

IGNORED = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that show nothing and that their category does not tell."""
VARIATIONS = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
FLOAT = re.compile(r"(\d+)\.0", re.ASCII)
WHOLE_NUMBER = re.compile(r"(\d+)[.,]0*", re.ASCII)
LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)", re.ASCII)
QUOTES = "='\"`´‘’‚“”„«»"
"""Around an id, where a spreadsheet was told that it is text: ``'007``, ``="007"``."""
MINUS = "\u2212"


def compose(text: str) -> str:
    """Write a name in composed characters (Unicode's form NFC); names are one if this makes them equal."""
    return unicodedata.normalize("NFC", text)


def show(text: str) -> str:
    """Show a text in a message, with its code points where it is not what it looks like."""
    looks = unicodedata.normalize("NFKC", _visible(text))
    return text if looks == text else f"{text} ({text!a})"


def tidy_id(text: str) -> str:
    r"""Take away from an id what cannot be seen or means nothing.

    Args:
        text: As it was found.

    Returns:
        The id as it stands in the index; empty if nothing of it can be seen.

    Example:
        >>> tidy_id("P\u00a0 1\u200b "), tidy_id("7.0"), tidy_id("007")
        ('P 1', '7', '007')
    """
    tidy = " ".join(compose(_visible(text)).split())
    number = FLOAT.fullmatch(tidy)
    return number[1] if number else tidy


def id_key(text: str) -> str:
    """What two ids have in common that a person could take for one.

    Case, blanks, kinds of dashes, quotation marks around the id, zeros in front of a number, and the forms
    that Unicode calls compatible (full-width, ligatures, raised digits) do not count, nor does the script of
    digits.

    Args:
        text: An id, tidy or not.

    Returns:
        Equal keys for such ids; empty if nothing of the id can be seen.

    Example:
        >>> id_key("007") == id_key("7.0") == id_key("７"), id_key("P-01") == id_key("p – 1")
        (True, True)
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tidy_id(text)).casefold())
    key = "".join(_plain(character) for character in _visible(folded) if not character.isspace())
    key = key.strip(QUOTES) or key
    number = WHOLE_NUMBER.fullmatch(key)
    return LEADING_ZEROS.sub("", number[1] if number else key)


def _visible(text: str) -> str:
    return "".join(
        character
        for character in VARIATIONS.sub("", text)
        if character.isspace()
        or not (character in IGNORED or unicodedata.category(character) in ("Cc", "Cf"))
    )


def _plain(character: str) -> str:
    """The same character, but ASCII for dashes and for digits of any script."""
    if character == MINUS or unicodedata.category(character) == "Pd":
        return "-"
    return str(unicodedata.decimal(character, character))
