"""Lets the tests of adapters import what a host would: the adapters, the client, and the fakes of hosts."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


class _AdapterModules(MetaPathFinder):
    """Finds these files by name, without a folder of the repository on ``sys.path``, which would show more."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        fixed = {
            "vfi_client": REPOSITORY / "vfi_plugin" / "worker" / "client" / "vfi_client.py",
            "vfi_resolve": REPOSITORY / "resolve" / "vfi_resolve" / "__init__.py",
        }
        file = fixed.get(name, HERE / f"{name}.py")
        if name.startswith("test_") or "." in name or not file.is_file():
            return None
        inside = [str(file.parent)] if file.name == "__init__.py" else None
        return spec_from_file_location(name, file, submodule_search_locations=inside)


sys.meta_path.append(_AdapterModules())
