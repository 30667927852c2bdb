"""``vfi models``: which models there are, and their weights."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from vfi_plugin.cli import models_files, models_quality
from vfi_plugin.models.info import LED_BY, ModelInfo
from vfi_plugin.models.listing import listed_facts, listed_model, weights_state
from vfi_plugin.models.quality import quality_of, read_quality
from vfi_plugin.models.registry import default_model, info_in_use, model_names

_HEADINGS = ("name", "year", "time", "reach", "parameters", "multiply-adds/px", "weights", "licence")


def add_parser(commands: Any, about: str) -> None:
    """Adds the command to the parser; ``about`` stands beside its name in ``vfi --help``."""
    parser = commands.add_parser("models", help=about, description="What the models are, and their weights.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="a line for each model; * marks the default")
    listing.add_argument("--json", action="store_true", help="every fact, as JSON")
    listing.set_defaults(run=run_list)
    showing = actions.add_parser("show", help="all about one model, and where its weights are to be had")
    showing.add_argument("name", help="of the model")
    showing.set_defaults(run=run_show)
    models_files.add_parsers(actions)


def run_list(args: argparse.Namespace) -> int:
    """Prints the models."""
    measured = read_quality()
    listed = [listed_model(name) for name in model_names()]
    if args.json:
        print(json.dumps([listed_facts(info, state, measured) for info, state in listed], indent=2))
        return 0
    rows = [_HEADINGS, *[_row(info, state) for info, state in listed]]
    gains = models_quality.gain_column([info for info, _ in listed], measured)
    if gains:  # before the licence, which may be long
        rows = [(*row[:-1], gain, row[-1]) for row, gain in zip(rows, gains, strict=True)]
    for line in _aligned(rows):
        mark = "*" if line.split()[0] == default_model() else " "
        print(f"{mark} {line}")
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Prints what is known about a model."""
    info, state = info_in_use(args.name), weights_state(args.name)
    found = quality_of(info, read_quality())
    lines = [(f"{name.replace('_', ' ')}:", _text(value)) for name, value in _shown(info)]
    print("\n".join(_aligned([*lines, ("weights:", state)])))
    for line in models_files.in_use(args.name):
        print(line)
    for quality in found:
        print("\n" + "\n".join([models_quality.heading(quality), *_aligned(models_quality.figure_rows(quality))]))
    print()
    print(files("vfi_plugin.models").joinpath(args.name, "CARD.md").read_text("utf-8").rstrip())
    card = list(models_quality.shipped_card(args.name)) if state == "shipped" else []
    if card:
        print("\n" + "\n".join(card))
    return 0


def _row(info: ModelInfo, state: str) -> tuple[str, ...]:
    return (
        info.name,
        str(info.year),
        _times(info),
        "no fixed bound" if info.reach_px is None else f"{info.reach_px:g} px",
        f"{info.parameters / 1e6:.1f} M" if info.parameters else "-",
        f"{info.multiply_adds / 1e3:.0f} k" if info.multiply_adds else "-",
        state,
        info.licence,
    )


def _times(info: ModelInfo) -> str:
    if info.any_time:
        return "any time"
    if info.follows:
        return f"any time, by {LED_BY}"
    known = "1/2" if info.frames_at_once == 1 else f"{info.frames_at_once} at once"
    return f"{known}, others by recursion"


def _shown(info: ModelInfo) -> Iterator[tuple[str, object]]:
    """Facts that stand without a file: the digest is shown with the file it is of."""
    yield from ((name, value) for name, value in asdict(info).items() if name != "weights_sha256")


def _text(value: object) -> str:
    if value is None:
        return "no fixed bound"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) and value > 9999 else str(value)


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows of cells as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
