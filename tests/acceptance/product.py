"""How these tests call the product and look at what it left on the disk.

Pixels are read with the OpenEXR module, never with the product's own reader.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import material
import numpy as np
import numpy.typing as npt

from vfi_plugin.cli.main import main

# The installed command: "python -m" would take the source folder where the tests are run from.
COMMAND = (str(Path(sys.executable).with_name("vfi")),)

Pixels = npt.NDArray[Any]


def environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The variables of a child: none that rule the product, and ``changes``; None removes one."""
    kept = {name: value for name, value in os.environ.items() if name != "OCIO" and not name.startswith("VFI_")}
    for name, value in (changes or {}).items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = value
    return kept


def vfi(*arguments: object, changes: Mapping[str, str | None] | None = None, **more: Any) -> Any:
    """Runs the command line in a process of its own; returns the ``CompletedProcess`` with its texts."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=environment(changes),
        **more,
    )


def vfi_here(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command line in this process, for what does not depend on one of its own: that takes two seconds to load."""
    words = [*map(str, arguments)]
    with redirect_stdout(StringIO()) as output, redirect_stderr(StringIO()) as errors:
        try:
            code = main(words)
        except SystemExit as left:  # wrong arguments
            code = int(left.code or 0)
    return subprocess.CompletedProcess(words, code, output.getvalue(), errors.getvalue())


def retime_arguments(source: object, target: object, *options: object) -> list[str]:
    """``retime SRC DST options`` as words."""
    return ["retime", str(source), str(target), *map(str, options)]


def numbers_in(folder: Path) -> list[int]:
    """The frame numbers of the EXR files under their final names, sorted."""
    return sorted(int(path.name.split(".")[-2]) for path in folder.glob("*.exr") if not path.name.startswith("."))


def litter_in(folder: Path) -> list[str]:
    """Names of everything that is not a frame under its final name."""
    if not folder.exists():
        return []
    return sorted(path.name for path in folder.iterdir() if path.name.startswith(".") or path.suffix != ".exr")


def read_frames(folder: Path, name: str, numbers: Sequence[int]) -> dict[int, tuple[dict[str, Any], dict[str, Pixels]]]:
    """Header and channels of each frame."""
    return {number: material.read_exr(folder / f"{name}.{number:04d}.exr") for number in numbers}


def stacked(channels: Mapping[str, Pixels], names: Sequence[str] = "RGB") -> Pixels:
    """``(H, W, C)`` float32."""
    return np.stack([channels[name].astype(np.float32) for name in names], axis=-1)


def same_bits(first: Mapping[str, Pixels], second: Mapping[str, Pixels]) -> bool:
    """Whether two frames have the same channels, types and bits; NaN equals NaN of the same bits."""
    return list(first) == list(second) and all(
        first[name].dtype == second[name].dtype and first[name].tobytes() == second[name].tobytes() for name in first
    )


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes, to see that nothing was touched."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
