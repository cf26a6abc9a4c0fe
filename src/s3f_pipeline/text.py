"""Text that users, files and other programs wrote, made fit to be shown: it stays where it is put."""

import unicodedata

INVISIBLE = ("Cc", "Cs", "Zl", "Zp")
"""Categories of control characters, halves of a character, and what separates lines and paragraphs."""
BY_AUTHORS = "to be completed by the authors"
"""What cards and checklists say where nobody has said anything."""
PHANTOMS = "**Synthetic phantoms, no medical meaning: a program drew every image.**"
"""What pages in Markdown say of a run on phantoms."""
MARKUP = "\\`*_[]<>|"
"""What begins or ends Markdown or HTML within a line."""
TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""What changes the direction of the text around it."""


def one_line(text: str) -> str:
    r"""Write what would move the cursor, end the line or turn the text as an escape such as ``\n``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) if _moves(character) else character for character in text)


def in_markdown(text: str) -> str:
    """Text that neither ends the line nor is Markdown or HTML."""
    return "".join(f"\\{sign}" if sign in MARKUP else sign for sign in one_line(text))


def indented(text: str, by: str) -> str:
    """As ``one_line``, but lines stay lines; each after the first is set in, so that none can pass for new.

    Args:
        text: One or more lines.
        by: Blanks before each line after the first that does not begin with one.
    """
    first, *rest = (one_line(line.replace("\t", "    ")) for line in text.split("\n"))
    return "\n".join([first, *(line if line.startswith(" ") or not line else by + line for line in rest)])


def _moves(character: str) -> bool:
    return unicodedata.category(character) in INVISIBLE or character in TURNS


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
