"""Where files of weights lie: those that ship, and those that somebody imported."""

from __future__ import annotations

import os
from pathlib import Path

from vfi_plugin.errors import WeightsError

SHIPPED = Path(__file__).resolve().parent.parent / "weights"
"""Weights that come with the package: ``<name>.safetensors``."""


def imports_folder() -> Path | None:
    """Where ``vfi models import`` puts weights: ``$VFI_WEIGHTS``, or a folder of the user's own data.

    None where there is no such user: on a farm, jobs run under numbers that have neither a name nor ``$HOME``.
    """
    if folder := os.environ.get("VFI_WEIGHTS"):
        return Path(folder)
    try:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser())
    except RuntimeError:  # what pathlib raises
        return None
    return data / "vfi" / "weights"


def weights_file(name: str, given: str | Path | None) -> Path | None:
    """The file that a network's weights will be read from, or None where there is none."""
    if given is not None:
        return Path(given)
    places = [folder / f"{name}.safetensors" for folder in (imports_folder(), SHIPPED) if folder is not None]
    # Unlike Path.is_file, this takes a folder that may not be looked into for one without weights.
    return next((place for place in places if os.path.isfile(place)), None)  # noqa: PTH113


def needed_file(name: str, given: str | Path | None) -> Path:
    """As ``weights_file``, for work that cannot be done without.

    Raises:
        WeightsError: there is none.
    """
    path = weights_file(name, given)
    if path is None:
        raise WeightsError(
            f"there are no weights for {name} here, and none are shipped; train some, or get its authors' if there are"
            f" any (vfi models show {name} says more), then give --weights FILE or run vfi models import FILE once"
        )
    return path
