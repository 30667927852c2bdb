"""One run of a training, on a machine that need not have what renders need (OpenEXR, OpenImageIO and so on).

    python benchmarks/gpu_train.py NAME MINUTES FOLDER [more arguments of vfi train]

It trains on the clips in the folder that ``VFI_DATA`` names, on a saved bank of their crops, or on made-up shapes where
that is ``shapes``; it measures on those that ``VFI_VALIDATE`` names, and goes on where FOLDER has a checkpoint. MINUTES
are of this run. Where the plan of the whole training (``--steps``, ``--minutes``) is not given, it is as many, and for
one that goes on as many more.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from vfi_plugin.cli import train as command
from vfi_plugin.cli.training_display import display
from vfi_plugin.errors import VfiError
from vfi_plugin.train.checkpoint import has_checkpoint, read_pointer
from vfi_plugin.train.open_data import BANK_SUFFIX
from vfi_plugin.train.start import train

READERS = {
    "av": "av",
    "OpenEXR": "OpenEXR",
    "OpenImageIO": "OpenImageIO",
    "PyOpenColorIO": "opencolorio",
    "cv2": "opencv-python-headless",
    "fileseq": "Fileseq",
}
"""Module -> package of what reading clips takes."""


def data_hindrance(name: str, given: str) -> str:
    """Why there is nothing to train on where the environment says."""
    if given == "shapes":
        return ""
    if not given or not Path(given).exists():
        return f"{name} is {given!r}; let it name a folder of clips or a bank of crops (.npz), or be: shapes"
    missing = [package for module, package in READERS.items() if find_spec(module) is None]
    if missing and Path(given).suffix != BANK_SUFFIX:
        return (
            f"to read {given}, {sys.executable} lacks {', '.join(missing)}; install them, or decode the clips elsewhere"
            f" by vfi train --bank FILE{BANK_SUFFIX}, and let {name} be that file"
        )
    return ""


def arguments(name: str, minutes: float, out: Path, more: list[str]) -> list[str]:
    """Those of ``vfi train``."""
    run = ["train", name, "--out", str(out), "--pause-minutes", f"{minutes:g}"]
    planned = any(word.split("=")[0] in ("--steps", "--minutes") for word in more)
    if has_checkpoint(out):
        told = read_pointer(out)
        trained = told["values"]["seconds"] / 60.0
        plan = told["record"]["options"].get("minutes")
        done = plan is not None and trained >= plan
        return [*run, "--resume", *(["--minutes", f"{trained + minutes}"] if done and not planned else []), *more]
    data = ["--data", os.environ["VFI_DATA"]]
    if validate := os.environ.get("VFI_VALIDATE"):
        data += ["--validate", validate]
    return [*run, *data, *([] if planned else ["--minutes", f"{minutes:g}"]), *more]


def main() -> int:
    """Exit code 2 where there is nothing to train on, else that of ``vfi train``."""
    name, minutes, out, *more = sys.argv[1:]
    hindrances = [data_hindrance("VFI_DATA", os.environ.get("VFI_DATA", ""))]
    hindrances += [data_hindrance("VFI_VALIDATE", given) for given in [os.environ.get("VFI_VALIDATE")] if given]
    if hindrance := next(filter(None, hindrances), ""):
        print(f"gpu-train: {hindrance}", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    args = parser.parse_args(arguments(name, float(minutes), Path(out), more))
    try:
        watcher = display(args.progress)
        watcher.end(command.ending(train(command.request_of(args), watcher), args.out))
    except VfiError as error:
        print(f"gpu-train: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
