"""The weights that ship, as if they were for frames as they were filmed: what holds for a user's own weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vfi_plugin.models.registry import variants_of
from vfi_plugin.models.weights import read_weights, save_weights


def as_filmed(name: str, folder: Path) -> Path:
    """Writes a file of the shipped weights that does not ask for frames that have met."""
    path = folder / f"{name}_as_filmed.safetensors"
    save_weights(path, name, replace(read_weights(name, variants_of(name), None), follows=False), None)
    return path
