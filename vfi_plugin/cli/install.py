"""``vfi install``: puts the adapter into a host, and takes it out again."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vfi_plugin.errors import UsageError
from vfi_plugin.worker.adapter_files import adapter_files, adapter_folder, core_home
from vfi_plugin.worker.adapter_places import HOSTS, Machine, Places, places_of
from vfi_plugin.worker.installing import install, uninstall


def add_parser(commands: Any, about: str) -> None:
    """Adds the command to the parser; ``about`` stands beside its name in ``vfi --help``."""
    parser = commands.add_parser(
        "install",
        help=about,
        description="Copies the adapter into a host's folders and prints what it did. --undo takes back exactly that.",
    )
    parser.add_argument("host", choices=HOSTS, help="which host")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--user", dest="all", action="store_false", help="for you alone (default)")
    who.add_argument("--all", action="store_true", help="for everybody on this machine")
    parser.add_argument("--home", metavar="PATH", help="the vfi that the host is to use (default: this one)")
    parser.add_argument("--undo", action="store_true", help="take the adapter out again")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and stop")
    parser.set_defaults(run=run, all=False)


def run(args: argparse.Namespace) -> int:
    """Installs, or takes back."""
    machine = Machine(sys.platform, _home(), os.environ)
    places = places_of(args.host, args.all, machine)
    if args.undo:
        lines = uninstall(places, dry_run=args.dry_run)
    else:
        files = adapter_files(adapter_folder(args.host), places, core_home(args.home))
        lines = install(files, places, dry_run=args.dry_run)
    for line in lines:
        print(line)
    for line in _advice(args, places):
        print(line)
    return 0


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise UsageError("this user has no home folder; set HOME, or install with --all") from None


def _advice(args: argparse.Namespace, places: Places) -> Iterator[str]:
    yield ""
    if args.dry_run:
        yield "nothing was changed: this was a dry run"
    elif args.undo:
        yield f"the adapter is out of {args.host}; restart it"
    elif places.search_path is not None:
        yield f"add {places.adapter} to the variable {places.search_path} of everybody, then restart {args.host}"
    else:
        yield f"restart {args.host}; to take the adapter out again: vfi install {args.host} --undo"
