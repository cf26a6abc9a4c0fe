"""``globals.yml``: values to which other files refer as ``${globals:<key>}``."""

from difflib import get_close_matches
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from s3f_pipeline.config.reading import files_in
from s3f_pipeline.errors import ConfigError

KEYS = ("data_root",)


def check_globals(folder: Path) -> None:
    """Check the keys in a folder of the configuration; one that begins with ``_`` is a note, as Kedro has it.

    Raises:
        ConfigError: If it does not hold keys, or an unknown one: it would change nothing, and nobody would
            notice.
    """
    for path in files_in(folder, "globals.yml"):
        if not isinstance(content := OmegaConf.load(path), DictConfig):
            raise ConfigError(f"{path} must hold keys and values, such as `data_root: data`.")
        for key in map(str, content):
            if key not in KEYS and not key.startswith("_"):
                meant = get_close_matches(key, KEYS, n=1)
                hint = f" Did you mean '{meant[0]}'?" if meant else ""
                raise ConfigError(
                    f"{path}: unknown key '{key}'.{hint} Allowed: {', '.join(KEYS)}. Parameters belong "
                    f"into a file parameters*.yml beside it."
                )
