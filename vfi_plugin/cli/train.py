"""``vfi train``: weights of your own."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfi_plugin.cancellation import Cancellation, stop_on_signals
from vfi_plugin.cli.training_display import STYLES, display
from vfi_plugin.errors import Cancelled, UsageError
from vfi_plugin.train.request import TrainingRequest
from vfi_plugin.train.settings import PRECISIONS

if TYPE_CHECKING:
    from vfi_plugin.train.run import Outcome

_EXAMPLES = """examples:
  vfi train figan --data clips/ --validate held_out/ --minutes 60 --out figan_run
  vfi train figan --resume --out figan_run                    go on where it stopped
  vfi train figan --resume --out figan_run --minutes 120      go on to 120 minutes in all
  vfi train figan --data shapes --steps 500 --crop 64 --out try       made-up shapes, to see it work
  vfi train figan --out figan_run --export figan.safetensors  weights to use, out of the checkpoint there
  torchrun --nproc-per-node 4 -m vfi_plugin train figan ...   on four GPUs
  vfi retime plate.####.exr slow.####.exr --speed 0.5 --model figan --weights figan_run/figan.safetensors
"""


def add_parser(commands: Any, about: str) -> None:
    """Adds the command to the parser; ``about`` stands beside its name in ``vfi --help``."""
    parser = commands.add_parser(
        "train",
        help=about,
        description="Trains a network on frames whose in-betweens are known, and keeps the best weights. What is not"
        " given is as the network's paper has it, or, with --resume, as it was.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", help="of the network; see docs/training.md for those that can be trained")
    parser.add_argument("--out", metavar="FOLDER", type=Path, required=True, help="where everything is kept")
    parser.add_argument("--resume", action="store_true", help="go on with the training in FOLDER")
    parser.add_argument(
        "--export", metavar="FILE", type=Path, help="train nothing; write the weights to use from FOLDER's checkpoint"
    )
    _add_data(parser)
    _add_time(parser)
    _add_network(parser)
    _add_settings(parser)
    _add_run(parser)
    parser.set_defaults(run=run)


def _add_data(parser: argparse.ArgumentParser) -> None:
    data = parser.add_argument_group("data")
    data.add_argument(
        "--data", metavar="PATH", nargs="+", help="movies, sequences, folders of them, published sets; or: shapes"
    )
    data.add_argument(
        "--synthetic", metavar="SHARE", type=float, help="of made-up pairs among them, 0 to 1 (default: 0)"
    )
    data.add_argument("--bank", metavar="FILE.npz", type=Path, help="keeps decoded clips for the next time")
    data.add_argument("--windows", metavar="N", type=int, help="crops of clips that are kept at most (default: 4096)")
    data.add_argument("--memory-gb", metavar="X", type=float, help="and the memory they take at most (default: 2)")
    data.add_argument(
        "--frame-step", metavar="N", type=int, help="every N-th frame of clips, where their rate is high (default: 1)"
    )
    data.add_argument("--validate", metavar="PATH", nargs="+", help="what to measure on (default: shots kept apart)")
    data.add_argument("--crop", metavar="PX", type=int, help="side of the frames that are trained on")
    data.add_argument("--training-data", metavar="TEXT", help="how the weights are to name their data")
    data.add_argument("--licence", metavar="TEXT", help="of the weights")


def _add_time(parser: argparse.ArgumentParser) -> None:
    duration = parser.add_argument_group("how long (--steps, --minutes or both; of all runs together)")
    duration.add_argument("--steps", metavar="N", type=int)
    duration.add_argument("--minutes", metavar="N", type=float)
    duration.add_argument("--pause-minutes", metavar="N", type=float, help="end this run after so long, to go on later")
    duration.add_argument(
        "--within-minutes",
        metavar="N",
        type=float,
        help="the same, counting all that it takes: reading data, and the validation and files at its end",
    )


def _add_network(parser: argparse.ArgumentParser) -> None:
    network = parser.add_argument_group("network")
    network.add_argument("--width", type=float, help="factor on the numbers of channels (default: 1, as published)")
    network.add_argument("--variant", help="see 'vfi models show NAME'")
    network.add_argument(
        "--begin-with", metavar="FILE", type=Path, help="weights to begin with, instead of random ones"
    )
    network.add_argument(
        "--follow",
        action="store_const",
        const=True,
        help="show it frames that the fast classic has moved onto each other, as a retime then does, too",
    )
    network.add_argument("--critic", action="store_const", const=True, help="train against a critic, as in the paper")
    network.add_argument("--vgg19", metavar="FILE", help="torchvision's weights, for perceptual losses as in the paper")
    network.add_argument(
        "--half", action="store_const", const=True, help="store the weights to use as float16, half the size"
    )


def _add_settings(parser: argparse.ArgumentParser) -> None:
    settings = parser.add_argument_group("settings")
    settings.add_argument("--batch", metavar="N", type=int, help="pairs in a step, of each process")
    settings.add_argument("--learning-rate", metavar="X", type=float)
    settings.add_argument("--critic-learning-rate", metavar="X", type=float, help="(default: the network's)")
    settings.add_argument("--warm-up-steps", metavar="N", type=int, help="until the rate is whole (default: 100)")
    settings.add_argument("--clip", metavar="X", type=float, help="longest gradient (default: no limit)")
    settings.add_argument("--average-decay", metavar="X", type=float, help="of the averaged weights (default: 0.999)")
    settings.add_argument("--precision", choices=PRECISIONS, help="of convolutions (default: float32)")
    settings.add_argument("--seed", metavar="N", type=int, help="(default: 0)")


def _add_run(parser: argparse.ArgumentParser) -> None:
    run_group = parser.add_argument_group("run")
    run_group.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    run_group.add_argument("--threads", metavar="N", type=int, help="of the CPU (default: as many as there are cores)")
    run_group.add_argument("--validate-every", metavar="N", type=int, help="steps (default: 500)")
    run_group.add_argument("--report-every", metavar="N", type=int, help="steps (default: 20)")
    run_group.add_argument("--save-seconds", metavar="N", type=float, help="between checkpoints (default: 300)")
    run_group.add_argument(
        "--light",
        action="store_const",
        const=True,
        help="checkpoints of the averaged weights alone, a quarter of the size; runs go on from one with fresh moments",
    )
    run_group.add_argument(
        "--few-files",
        action="store_const",
        const=True,
        help="no earlier pictures, no curves.png, no file above 16 MB: for machines that give back little",
    )
    run_group.add_argument("--progress", choices=STYLES, default="plain", help="how progress is shown")


def request_of(args: argparse.Namespace) -> TrainingRequest:
    """What the arguments ask for; sets the number of threads.

    Raises:
        UsageError: there are to be none.
    """
    if args.threads is not None:
        if args.threads < 1:
            raise UsageError(f"got {args.threads} threads; give 1 or more")
        import torch

        torch.set_num_threads(args.threads)
    given = {field.name: getattr(args, field.name) for field in fields(TrainingRequest)}
    paths = {name: tuple(given[name]) for name in ("data", "validate") if given[name] is not None}
    return TrainingRequest(**{**given, **paths})


def ending(outcome: Outcome, out: Path) -> str:
    """What came of a run, in a line."""
    best = "" if outcome.best_db is None else f"; best validation {outcome.best_db:.2f} dB"
    done = "done" if outcome.finished else "paused, --resume goes on,"
    return f"{done} after step {outcome.step} and {outcome.seconds / 60.0:.1f} minutes in all{best}; see {out}"


def run(args: argparse.Namespace) -> int:
    """Trains, or exports, and says what came of it."""
    if args.export is not None:
        return _export(args)
    from vfi_plugin.train.start import train  # loads all networks, which other commands need not wait for

    watcher = display(args.progress)
    with stop_on_signals() as cancellation:
        outcome = train(request_of(args), watcher, lambda: cancellation.requested)
        if outcome.stopped:
            _stop(cancellation, outcome)
    if outcome.first:
        watcher.end(ending(outcome, args.out))
    return 0


def _export(args: argparse.Namespace) -> int:
    """Writes the weights out of a checkpoint."""
    from vfi_plugin.train.checkpoint_weights import export_from_checkpoint

    which = export_from_checkpoint(request_of(args), args.export)
    print(f"{args.export}: averaged weights of {args.name}, {which}")
    return 0


def _stop(cancellation: Cancellation, outcome: Outcome) -> None:
    """Raises Cancelled with the signal's exit code, and what is true of a training."""
    try:
        cancellation.check()
    except Cancelled as stopped:
        stopped.args = (f"stopped after step {outcome.step}; all is kept, --resume goes on from there",)
        raise
