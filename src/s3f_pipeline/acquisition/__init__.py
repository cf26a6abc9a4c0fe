"""How raw files come to lie below ``01_raw``: a folder, an archive, or drawn phantoms."""
