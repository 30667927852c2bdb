"""Renders the retimes of a script without a window, for farms.

``nuke -t render_script.py comp.nk VFIRetime1 --frames 1001-1020``
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import nuke
from vfi_nuke import VfiNukeError, render
from vfi_nuke.retime_node import is_retime


def main(arguments: Sequence[str]) -> int:
    """Opens the script and renders; returns the exit code, 1 where something went wrong."""
    parser = argparse.ArgumentParser(prog="render_script.py", description="Render the VFIRetime nodes of a script.")
    parser.add_argument("script", help="the .nk file")
    parser.add_argument("nodes", nargs="*", help="names of VFIRetime nodes; all that are not disabled by default")
    parser.add_argument("--frames", default="", help="output frames, such as 1001-1020; all by default")
    parser.add_argument("--save", action="store_true", help="save the script, so that it shows the frames")
    asked = parser.parse_args(arguments)
    nuke.scriptOpen(asked.script)
    try:
        for node in _chosen(asked.nodes):
            render(node, asked.frames)
    except VfiNukeError as error:
        print(f"vfi: {error}", file=sys.stderr)
        return 1
    if asked.save:
        nuke.scriptSave(asked.script)
    return 0


def _chosen(names: Sequence[str]) -> list[nuke.Node]:
    groups = nuke.allNodes("Group", recurseGroups=True)
    retimes = {node.fullName(): node for node in groups if is_retime(node) and not node["disable"].value()}
    missing = [name for name in names if name not in retimes]
    if missing or not retimes:
        there = ", ".join(sorted(retimes)) or "none"
        raise VfiNukeError(f"no such VFIRetime: {', '.join(missing) or 'any'}; the script has {there}")
    return [retimes[name] for name in names or sorted(retimes)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
