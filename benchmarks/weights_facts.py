"""A model's facts with the weights that ship, and what was measured of these: of this tree, whatever is installed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vfi_plugin.models.info import ModelInfo
from vfi_plugin.models.quality import Quality, quality_of
from vfi_plugin.models.registry import model_info

WEIGHTS = Path(__file__).resolve().parent.parent / "vfi_plugin" / "weights"


def weights_in(folder: Path, name: str) -> Path | None:
    """The file of a network's weights in a folder, if there is one."""
    path = folder / f"{name}.safetensors"
    return path if path.is_file() else None


def shown_of(name: str, measured: Iterable[Quality], folder: Path = WEIGHTS) -> tuple[ModelInfo, tuple[Quality, ...]]:
    """The facts, and the figures that belong to just these weights."""
    info = model_info(name, weights_in(folder, name))
    return info, quality_of(info, measured)
