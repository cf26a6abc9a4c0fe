"""How drawn images are laid on disk: one module per layout."""
