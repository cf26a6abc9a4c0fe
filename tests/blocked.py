"""Run a module where some packages cannot be imported: ``blocked.py <names> <module> [<argument> …]``."""

import runpy
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


class NotInstalled(MetaPathFinder):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named '{fullname}'", name=fullname)


_, blocked, module, *arguments = sys.argv
sys.meta_path.insert(0, NotInstalled(set(blocked.split(","))))
sys.argv = [module, *arguments]
runpy.run_module(module, run_name="__main__", alter_sys=True)
