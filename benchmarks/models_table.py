"""The README's table of models: what ships, how good it was measured to be, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from quality_entry import RETIMED
from weights_facts import WEIGHTS, shown_of, weights_in

from vfi_plugin.models.info import NOT_PUBLISHED, ModelInfo
from vfi_plugin.models.quality import AVERAGE, DIS, MODEL, PSNR, Quality, read_quality
from vfi_plugin.models.registry import model_names

RESULTS = Path(__file__).parent / "results"

OTHER_SIZE, PART = "†", "≈"
"""Marks of costs: of the published size where smaller weights ship; of a part of the frame, scaled up."""


def models_table(folder: Path = WEIGHTS) -> str:
    """Markdown: a row a model, with the weights in ``folder``; a column of PSNR for each data set."""
    measured = read_quality(folder / "quality.json")
    cpu, gpu = _costs("models_cpu"), _costs("models_gpu")
    shown = {name: shown_of(name, measured, folder) for name in model_names()}
    sets = sorted({each.measurement for _, found in shown.values() for each in found if each.gain is not None})
    heads = ["model", "times", "parameters", "file", *map(_heading, sets), "s, CPU", "memory"]
    heads += ["s, GPU"] if gpu else []
    lines = [f"| {' | '.join([*heads, 'licence'])} |", "|---" * (len(heads) + 1) + "|"]
    for name, (info, found) in shown.items():
        path = weights_in(folder, name)
        cells = [f"`{name}`", _times(info), _parameters(info), "-" if path is None else _megabytes(path)]
        cells += [_psnr(found, each) for each in sets]
        cells += _cost(info, cpu, ships=path is not None)
        cells += _cost(info, gpu, ships=path is not None)[:1] if gpu else []
        lines.append(f"| {' | '.join([*cells, _licence(info)])} |")
    return "\n".join([*lines, "", *_footnotes(cpu, gpu, sets)])


def _heading(measurement: tuple[str, int, str]) -> str:
    _, factor, data = measurement
    return f"{data}, dB" if factor == 2 else f"{data}, factor {factor}, dB"


def _costs(name: str) -> dict[str, Any]:
    """A result of ``models.py``; empty where it was not measured."""
    path = RESULTS / f"{name}.json"
    costs: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return costs


def _times(info: ModelInfo) -> str:
    known = "1/2" if info.frames_at_once == 1 else f"{info.frames_at_once} at once"
    return "any" if info.any_time else known


def _parameters(info: ModelInfo) -> str:
    return f"{info.parameters / 1e6:.2f} M" if info.parameters else "-"


def _megabytes(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:.1f} MB"


def _licence(info: ModelInfo) -> str:
    """In a word or two; ``vfi models show`` has all of it."""
    if info.licence == NOT_PUBLISHED:
        return "your own"
    restricted = any(word in info.licence for word in ("non-commercial", "academic"))
    return "non-commercial" if restricted else info.licence.partition(" (")[0]


def _psnr(found: Sequence[Quality], measurement: tuple[str, int, str]) -> str:
    for each in found:
        if each.measurement == measurement and each.gain is not None:
            peers = [each.means[peer][PSNR] for peer in (AVERAGE, DIS) if peer in each.means]
            return f"{each.means[MODEL][PSNR]:.1f} ({', '.join(f'{peer:.1f}' for peer in peers)})"
    return "-"


def _cost(info: ModelInfo, costs: dict[str, Any], *, ships: bool) -> list[str]:
    """Seconds and memory of the network that ships, or else of the published size."""
    rows = [row for row in costs.get("rows", ()) if row["name"] == info.name]
    same = [row for row in rows if row["parameters"] == info.parameters]
    if not rows:
        return ["-", "-"]
    row = (same or rows)[0]
    part = PART if row["rows_measured"] < _height(costs) else ""
    other = OTHER_SIZE if ships and not same else ""
    return [f"{part}{_rounded(row['seconds'])}{other}", f"{part}{row['peak_bytes'] / 2**30:.1f} GiB{other}"]


def _rounded(seconds: float) -> str:
    return f"{seconds:.0f}" if seconds >= 100 else f"{seconds:.1f}" if seconds >= 1 else f"{seconds:.3f}"


def _height(costs: dict[str, Any]) -> int:
    return int(costs["size"].split("x")[1].split(",")[0])


def _footnotes(cpu: dict[str, Any], gpu: dict[str, Any], sets: Sequence[tuple[str, int, str]]) -> list[str]:
    notes = ["- parameters, file, licence: of the weights that ship; without such, of the published ones."]
    if sets:
        retimed = any(RETIMED in data for _, _, data in sets)
        protocols = ", ".join(dict.fromkeys(f"`{protocol}`" for protocol, _, _ in sets))
        notes.append(
            f"- dB: PSNR of made frames (`vfi evaluate`, protocol {protocols}); in brackets that of frame averaging,"
            " then of `dis`, on the same frames. Models may have been measured on other numbers of frames: compare"
            " within a cell."
            + (" *retimed*: as `vfi retime` makes them, elsewhere by the models alone." if retimed else "")
        )
    where = f"{cpu['size']} of {cpu['machine']['processor']}"
    where += f"; on a GPU, {gpu['machine']['cuda']}" if gpu else ""
    notes.append(
        f"- s, memory: one frame between two, {where}; the classic's motion included where a model paints."
        f" {OTHER_SIZE}: at the published size, where smaller weights ship. {PART}: seconds are scaled up from a part"
        " of the frame's rows, and memory is of that part."
    )
    return notes
