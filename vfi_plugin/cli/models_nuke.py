"""``vfi models export --format nuke``: a network as a folder for Nuke's Cattery."""

from __future__ import annotations

import argparse
from pathlib import Path

from vfi_plugin.cattery.networks import check_exportable
from vfi_plugin.errors import UsageError
from vfi_plugin.models.registry import load_model


def run_nuke_export(args: argparse.Namespace) -> int:
    """Writes the folder and says what is left to be done in NukeX."""
    from vfi_plugin.cattery.export import OLDEST_NUKE, write_node

    check_exportable(args.name)
    folder = Path(args.out)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {args.out} is a file; give a folder, such as VFI_{args.name}")
    model = load_model(args.name, weights=args.weights, device="cpu")
    for path in write_node(model, folder):
        print(f"wrote {path}")
    print(f"Put the folder into Cattery/ on Nuke's plug-in path, and run make_cat.py in NukeX {OLDEST_NUKE} or newer:")
    print(f"it sets up the node that makes VFI_{args.name}.cat, without which the gizmo has no network.")
    return 0
