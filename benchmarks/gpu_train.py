"""One run of a training, on a machine that need not have what renders need (OpenEXR, OpenImageIO and so on).

    python benchmarks/gpu_train.py NAME MINUTES FOLDER [more arguments of vfi train]

It trains on the clips in the folder that ``VFI_DATA`` names, on a saved bank of their crops, or on made-up shapes where
that is ``shapes``; where it is not set, on what the arguments say (``--synthetic 1``, ``--data PATH``). It measures on
those that ``VFI_VALIDATE`` names, and goes on where FOLDER has a checkpoint, with the data that is named now.

MINUTES are of all that this run takes, from reading the data to the last validation. A checkpoint is written at the
start and each minute, and a signal to end is obeyed after the step. Where the plan of the whole training (``--steps``,
``--minutes``) is not given, it is as many minutes, and for one that goes on and has done most of that, as many more.
Few files are written, and none above 16 MB: ``--few-files`` of ``vfi train``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path

READERS = {
    "av": "av",
    "OpenEXR": "OpenEXR",
    "OpenImageIO": "OpenImageIO",
    "PyOpenColorIO": "opencolorio",
    "cv2": "opencv-python-headless",
    "fileseq": "Fileseq",
}
"""Module -> package of what reading clips takes."""

SAVE_SECONDS = 60
"""What may be lost where a machine is taken away."""

WORTH_A_RUN = 0.5
"""Of MINUTES: a plan of which less is left is made longer, as a run cannot fill its time with it."""

LEAST_MINUTES = 1e-3
"""Left for the run itself where loading has used all up: it does a step, keeps it, and ends."""


def data_hindrance(name: str, given: str) -> str:
    """Why there is nothing to train on where the environment says."""
    from vfi_plugin.train.open_data import BANK_SUFFIX

    if given == "shapes":
        return ""
    if not Path(given).exists():
        return f"{name} is {given!r}, which is not there; let it name {_ALLOWED}"
    missing = [package for module, package in READERS.items() if find_spec(module) is None]
    if missing and Path(given).suffix != BANK_SUFFIX:
        return (
            f"to read {given}, {sys.executable} lacks {', '.join(missing)}; install them, or decode the clips elsewhere"
            f" by vfi train --bank FILE{BANK_SUFFIX}, and let {name} be that file"
        )
    return ""


_ALLOWED = "a folder of clips or a bank of crops (.npz), or be: shapes"


def arguments(name: str, minutes: float, out: Path, more: list[str]) -> list[str]:
    """Those of ``vfi train``, but for how long this run may take."""
    from vfi_plugin.train.checkpoint import has_checkpoint, read_pointer

    run = ["train", name, "--out", str(out), "--save-seconds", str(SAVE_SECONDS), "--few-files"]
    for option, variable in (("--data", "VFI_DATA"), ("--validate", "VFI_VALIDATE")):
        if given := os.environ.get(variable):
            run += [option, given]
    plan = minutes
    planned = any(word.split("=")[0] in ("--steps", "--minutes") for word in more)
    if has_checkpoint(out):
        run.append("--resume")
        told = read_pointer(out)
        trained, options = told["values"]["seconds"] / 60.0, told["record"]["options"]
        plan = trained + minutes
        planned = planned or options.get("minutes") is None or options["minutes"] - trained >= WORTH_A_RUN * minutes
    return [*run, *([] if planned else ["--minutes", f"{plan}"]), *more]


def hindrance(args: argparse.Namespace) -> str:
    """Why there can be no run, or nothing."""
    named = [(name, os.environ.get(name, "")) for name in ("VFI_DATA", "VFI_VALIDATE")]
    if not (args.resume or args.data or args.synthetic == 1.0):
        return f"VFI_DATA is not set; let it name {_ALLOWED}, or give --synthetic 1 to train on made-up scenes alone"
    return next(filter(None, (data_hindrance(name, given) for name, given in named if given)), "")


def main() -> int:
    """Exit code 2 where there is nothing to train on, else that of ``vfi train``."""
    began = time.monotonic()
    # Only now, as loading torch and all networks is part of the time that there is.
    from vfi_plugin.cli import train as command
    from vfi_plugin.errors import VfiError

    name, given, out, *more = sys.argv[1:]
    minutes = float(given)
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers(), "")
    try:
        args = parser.parse_args(arguments(name, minutes, Path(out), more))
        if reason := hindrance(args):
            print(f"gpu-train: {reason}", file=sys.stderr)
            return 2
        if args.within_minutes is None:
            args.within_minutes = max(LEAST_MINUTES, minutes - (time.monotonic() - began) / 60.0)
        return command.run(args)
    except VfiError as error:
        print(f"gpu-train: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
