"""What splits are called in files and folders, and what they are called here."""

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
"""As people spell them, in lower case."""
PUBLISHED_SPLITS = {name: SPLIT_NAMES[name] for name in ("train", "val", "test")}
"""As the folders and arrays of published sets are called."""
