"""Draws the course of a training from its table, for runs that kept few files and drew nothing themselves.

python benchmarks/curves.py CURVES.csv OUT.png
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vfi_plugin.errors import VfiError
from vfi_plugin.train.curves import read_curves
from vfi_plugin.train.pictures import write_curves


def main() -> int:
    """The exit code is that of the error, where there is one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, metavar="CURVES.csv")
    parser.add_argument("picture", type=Path, metavar="OUT.png")
    asked = parser.parse_args()
    try:
        write_curves(asked.picture, read_curves(asked.table))
    except VfiError as error:
        print(f"curves: {error}", file=sys.stderr)
        return error.exit_code
    print(f"wrote {asked.picture}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
