"""The part of the package that is compiled: ``vfi_plugin._native``, from ``host_bindings/``."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from vfi_plugin.errors import UsageError


def native_module() -> ModuleType:
    """The compiled module; it is part of the package, so its absence is a broken installation. Raises UsageError."""
    try:
        _native = import_module("vfi_plugin._native")
    except ImportError as error:
        raise UsageError(
            f"the compiled kernels of vfi_plugin cannot be loaded ({error}); install the package again with a C++"
            " compiler, or set VFI_KERNELS=torch to do without them, slower"
        ) from error
    return _native
