"""Takes evaluations into ``vfi_plugin/weights/quality.json``, the cards of weights and the README's table of models.

    python benchmarks/quality.py --data NAME EVALUATION.json...

The files are what ``vfi evaluate PROTOCOL ... --model NETWORK --json FILE`` writes. What was there of the same network,
protocol, factor and data set is replaced. Without files, cards and README are filled in anew from what is there, which
is due after weights were replaced: figures of other weights than those that ship are kept, but shown nowhere.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from quality_card import fill_card
from quality_entry import entries
from table import fill_readme
from weights_facts import WEIGHTS, shown_of

from vfi_plugin.errors import WeightsError
from vfi_plugin.models.info import ModelInfo
from vfi_plugin.models.quality import MODEL, PSNR, Quality, read_quality
from vfi_plugin.models.registry import model_names


def merged(before: Iterable[Quality], new: Iterable[Quality]) -> list[Quality]:
    """All of them, one of a network, protocol, factor and data set, in the order of those."""
    kept = {(each.network, *each.measurement): each for each in (*before, *new)}
    return [kept[key] for key in sorted(kept)]


def write_quality(path: Path, measured: Iterable[Quality]) -> None:
    """A line an entry: what changed is then seen in a diff."""
    lines = ",\n".join(json.dumps(asdict(each), ensure_ascii=False) for each in measured)
    path.write_text(f'{{"entries": [\n{lines}\n]}}\n', encoding="utf-8")


def fill_cards(folder: Path, measured: Sequence[Quality]) -> None:
    """Every card that is there gets what was measured of the weights beside it."""
    for name in model_names():
        done = fill_card(folder / f"{name}.md", shown_of(name, measured, folder)[1])
        if done != "no card":
            print(done)


def _said(entry: Quality, shown: tuple[ModelInfo, tuple[Quality, ...]]) -> str:
    where = f"{entry.network} on {entry.data} ({entry.protocol}, factor {entry.factor}; {entry.frames} frames)"
    db = "" if entry.gain is None else f": {entry.means[MODEL][PSNR]:.2f} dB, {entry.gain:+.2f} over frame averaging"
    info, found = shown
    if entry in found:
        return where + db
    ours = f"are {info.weights_sha256}" if info.weights_sha256 else "are not there"
    return f"{where}{db}; shown nowhere: it is of weights {entry.weights_sha256}, and those that ship {ours}"


def main() -> int:
    """Exit code 1, and one line, where a file cannot be taken in; nothing is written then."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evaluations", nargs="*", type=Path, metavar="EVALUATION.json")
    parser.add_argument("--data", metavar="NAME", help="what the data set is to be called, such as 'held-out scenes'")
    parser.add_argument("--classics", action="store_true", help="also take in the classics measured beside the model")
    parser.add_argument("--folder", type=Path, default=WEIGHTS, help="of weights and cards (default: the package's)")
    asked = parser.parse_args()
    if asked.evaluations and not asked.data:
        parser.error("--data is missing; say what the data set of these evaluations is to be called")
    if any(sign in (asked.data or "") for sign in "/\\|\n"):
        parser.error(f"got --data {asked.data!r}; give a name for people, such as 'held-out scenes', not a path")
    path = asked.folder / "quality.json"
    try:
        new = [entry for file in asked.evaluations for entry in entries(file, asked.data, classics=asked.classics)]
        measured = merged(read_quality(path), new)
    except (ValueError, WeightsError) as error:
        print(f"quality: {error}", file=sys.stderr)
        return 1
    write_quality(path, measured)
    for entry in new:
        print(_said(entry, shown_of(entry.network, measured, asked.folder)))
    fill_cards(asked.folder, measured)
    if asked.folder.resolve() == WEIGHTS:
        fill_readme()
    return 0


if __name__ == "__main__":
    sys.exit(main())
