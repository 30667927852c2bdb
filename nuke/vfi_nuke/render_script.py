"""Renders the retimes and repairs of a script without a window, for farms.

``nuke -t render_script.py comp.nk VFIRetime1 --frames 1001-1020``
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import nuke
from vfi_nuke import VfiNukeError, render, repair
from vfi_nuke.repair_node import is_repair
from vfi_nuke.retime_node import is_retime


def main(arguments: Sequence[str]) -> int:
    """Opens the script and renders; returns the exit code, 1 where something went wrong."""
    description = "Render the VFIRetime and VFIRepair nodes of a script."
    parser = argparse.ArgumentParser(prog="render_script.py", description=description)
    parser.add_argument("script", help="the .nk file")
    parser.add_argument("nodes", nargs="*", help="names of such nodes; all that are not disabled by default")
    parser.add_argument("--frames", default="", help="output frames, such as 1001-1020; all by default")
    parser.add_argument("--save", action="store_true", help="save the script, so that it shows the frames")
    asked = parser.parse_args(arguments)
    nuke.scriptOpen(asked.script)
    try:
        for node in _chosen(asked.nodes):
            if is_repair(node):
                repair(node)
            else:
                render(node, asked.frames)
    except VfiNukeError as error:
        print(f"vfi: {error}", file=sys.stderr)
        return 1
    if asked.save:
        nuke.scriptSave(asked.script)
    return 0


def _chosen(names: Sequence[str]) -> list[nuke.Node]:
    groups = nuke.allNodes("Group", recurseGroups=True)
    ours = [node for node in groups if (is_retime(node) or is_repair(node)) and not node["disable"].value()]
    named = {node.fullName(): node for node in ours}
    missing = [name for name in names if name not in named]
    if missing or not named:
        there = ", ".join(sorted(named)) or "none"
        raise VfiNukeError(f"no such VFIRetime or VFIRepair: {', '.join(missing) or 'any'}; the script has {there}")
    # Repairs first: a retime behind one of them reads what it shows.
    return [named[name] for name in names or sorted(named, key=lambda name: (is_retime(named[name]), name))]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
