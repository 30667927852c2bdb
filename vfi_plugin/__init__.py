"""Retime for compositing: frames that were never shot, on scene-linear EXR, every channel treated as what it is.

::

    import vfi_plugin as vfi

    vfi.retime("plate.####.exr", "slow.####.exr", speed=0.5)

The names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vfi_plugin.errors import VfiError as VfiError
    from vfi_plugin.models.registry import default_model as default_model
    from vfi_plugin.models.registry import load_model as load_model
    from vfi_plugin.models.registry import model_info as model_info
    from vfi_plugin.models.registry import model_names as model_names
    from vfi_plugin.render.options import RetimeOptions as RetimeOptions
    from vfi_plugin.render.retime import RetimeReport as RetimeReport
    from vfi_plugin.render.retime import plan_retime as plan_retime
    from vfi_plugin.render.retime import retime as retime
    from vfi_plugin.repair.repair_report import RepairReport as RepairReport
    from vfi_plugin.repair.run import repair_clip as repair_clip
    from vfi_plugin.repair.scan import scan as scan
    from vfi_plugin.repair.scan_report import ScanReport as ScanReport
    from vfi_plugin.timing.time_map import TimeMap as TimeMap

_WHERE = {
    "RepairReport": "vfi_plugin.repair.repair_report",
    "RetimeOptions": "vfi_plugin.render.options",
    "RetimeReport": "vfi_plugin.render.retime",
    "ScanReport": "vfi_plugin.repair.scan_report",
    "TimeMap": "vfi_plugin.timing.time_map",
    "VfiError": "vfi_plugin.errors",
    "default_model": "vfi_plugin.models.registry",
    "load_model": "vfi_plugin.models.registry",
    "model_info": "vfi_plugin.models.registry",
    "model_names": "vfi_plugin.models.registry",
    "plan_retime": "vfi_plugin.render.retime",
    "repair_clip": "vfi_plugin.repair.run",
    "retime": "vfi_plugin.render.retime",
    "scan": "vfi_plugin.repair.scan",
}

__all__ = [  # noqa: PLE0604, RUF100  (the same names, spelled out for tools that read without running)
    "RepairReport",
    "RetimeOptions",
    "RetimeReport",
    "ScanReport",
    "TimeMap",
    "VfiError",
    "default_model",
    "load_model",
    "model_info",
    "model_names",
    "plan_retime",
    "repair_clip",
    "retime",
    "scan",
]


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'vfi_plugin' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
