"""The folder that goes into Nuke's Cattery."""

from __future__ import annotations

import io
import json
import warnings
from importlib.resources import files
from pathlib import Path

import torch

from vfi_plugin.cattery.networks import motion_of
from vfi_plugin.cattery.retime import CatteryRetime
from vfi_plugin.models.info import ModelInfo
from vfi_plugin.models.model import Model

OLDEST_NUKE = 14.0
"""Its torch is 1.12, the oldest that was seen to read such a module."""


def write_node(model: Model, folder: Path) -> tuple[Path, ...]:
    """Writes all that Nuke needs of a network, in place of older files.

    Args:
        model: one that ``check_exportable`` lets through, on the CPU.
        folder: is made where it is not there.

    Returns:
        The files: ``NAME.pt``, ``VFI_NAME.gizmo``, ``make_cat.py``, ``cat.json``.

    Raises:
        WriteError: a file cannot be written.
    """
    from vfi_plugin.media.writing import write_file  # loads OpenEXR, which all else here does without

    name = model.info.name
    contents = {
        f"{name}.pt": compiled(model),
        f"VFI_{name}.gizmo": _filled_in("node.gizmo", model.info),
        "make_cat.py": _filled_in("make_cat.py.txt", model.info),
        "cat.json": json.dumps(cattery_entry(model.info), indent=4).encode() + b"\n",
    }
    for file, content in contents.items():
        write_file(folder / file, content)
    return tuple(folder / file for file in contents)


def compiled(model: Model) -> bytes:
    """The TorchScript module of a network, see ``CatteryRetime``."""
    file = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        # Torch advises torch.export, whose files Nuke does not read.
        warnings.simplefilter("ignore")
        module = torch.jit.script(CatteryRetime(motion_of(model)).eval())
        torch.jit.save(module, file)
    return file.getvalue()


def cattery_entry(info: ModelInfo) -> dict[str, object]:
    """What ``cat.json`` says, by the keys that ``nukescripts.cattery`` reads."""
    node = f"VFI_{info.name}"
    return {
        "minimum_nuke_version_required": OLDEST_NUKE,
        "version": 1,
        "category": "Optical Flow",
        "description": f"Retime by {info.title}. Weights: {info.licence}.",
        "cats": [{"filepath": f"{node}.gizmo", "name": node, "icon": ""}],
    }


def _filled_in(template: str, info: ModelInfo) -> bytes:
    text = files("vfi_plugin.cattery").joinpath(template).read_text(encoding="utf-8")
    node = f"VFI_{info.name}"
    places = {
        "@NODE@": node,
        "@CAT@": f"{node}.cat",
        "@MODULE@": f"{info.name}.pt",
        "@NETWORK@": info.title,
        "@NUKE@": str(OLDEST_NUKE),
    }
    for place, word in places.items():
        text = text.replace(place, word)
    return text.encode()
