"""Models: what turns two guides and a time into a motion. Using this package needs numpy and torch alone.

The names are loaded when they are first used: facts about models, which lists and plans show, do without torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vfi_plugin.models.info import ModelInfo as ModelInfo
    from vfi_plugin.models.model import Model as Model
    from vfi_plugin.models.model import Pair as Pair
    from vfi_plugin.models.registry import default_model as default_model
    from vfi_plugin.models.registry import load_model as load_model
    from vfi_plugin.models.registry import model_info as model_info
    from vfi_plugin.models.registry import model_names as model_names

_WHERE = {
    "Model": "model",
    "ModelInfo": "info",
    "Pair": "model",
    "default_model": "registry",
    "load_model": "registry",
    "model_info": "registry",
    "model_names": "registry",
}

__all__ = [  # noqa: PLE0604, RUF100  (the same names, spelled out for tools that read without running)
    "Model",
    "ModelInfo",
    "Pair",
    "default_model",
    "load_model",
    "model_info",
    "model_names",
]


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'vfi_plugin.models' has no attribute {name!r}")
    return getattr(import_module(f"vfi_plugin.models.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
