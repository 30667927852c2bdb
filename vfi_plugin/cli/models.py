"""``vfi models``: which models there are."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from vfi_plugin.models.registry import default_model, model_info, model_names


def add_parser(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("models", help="list the models", description="What the models are and can do.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="a line for each model; * marks the default")
    listing.add_argument("--json", action="store_true", help="every fact, as JSON")
    listing.set_defaults(run=run_list)


def run_list(args: argparse.Namespace) -> int:
    """Prints the models."""
    infos = [model_info(name) for name in model_names()]
    if args.json:
        print(json.dumps([asdict(info) for info in infos], indent=2))
        return 0
    for info in infos:
        mark = "*" if info.name == default_model() else " "
        time = "any time" if info.any_time else "t = 1/2, others by recursion"
        size = f"{info.parameters / 1e6:.1f} M parameters" if info.parameters else "no weights"
        print(f"{mark} {info.name:<12} {info.year}  {time}; {size}; {info.title}")
    return 0
