"""The README's tables of figures, made from JSON files and the weights that ship; nothing is measured for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from marks import between_marks
from models_table import models_table
from peers_table import peers_table

HERE = Path(__file__).parent
README = HERE.parent / "README.md"


def load(name: str) -> dict[str, Any]:
    """One result file."""
    figures: dict[str, Any] = json.loads((HERE / "results" / f"{name}.json").read_text(encoding="utf-8"))
    return figures


def table() -> str:
    """Markdown: a row a stage, then the whole run."""
    stages = load("stages_4k")
    machine = stages["machine"]
    lines = [
        f"Seconds a 4K frame ({stages['size']}; {machine['processor']}, median of"
        f" {stages['stages']['read']['repeats']}, taking turns with the peer):",
        "",
        "| stage | ours | peer | ours / peer | peer |",
        "|---|---|---|---|---|",
    ]
    for name, stage in stages["stages"].items():
        lines.append(
            f"| {name} | {stage['ours_s']:.2f} s | {stage['peer_s']:.2f} s | {stage['ratio']:.2f} | {stage['peer']} |"
        )
    write = stages["stages"]["write"]
    lines.append(
        f"| write, untouched frame | {write['untouched_frame_ours_s']:.2f} s | {write['peer_s']:.2f} s |"
        f" {write['untouched_frame_ratio']:.2f} | the same; its compressed pixels are copied |"
    )
    if not (HERE / "results" / "whole_run_hd.json").exists():  # not measured yet on this machine
        return "\n".join(lines)
    whole = load("whole_run_hd")
    short, long = whole["short"], whole["long"]
    lines += [
        "",
        f"A whole run ({whole['size']}, {machine['cores']} cores): {long['frames_per_second']:.2f} frames a second;"
        f" at most {long['peak_bytes'] / 2**30:.2f} GiB for {long['source_frames']} source frames,"
        f" {short['peak_bytes'] / 2**30:.2f} GiB for {short['source_frames']}.",
    ]
    if (HERE / "results" / "whole_run_4k.json").exists():
        lines += ["", *_hidden(load("whole_run_4k"))]
    return "\n".join(lines)


def _hidden(figures: dict[str, Any]) -> list[str]:
    """How well reading and writing are hidden behind the computer."""
    machine, runs = figures["machine"], figures["runs"]
    loads = [load for run in runs for load in run["load_averages"]]
    lines = [
        f"A 2x retime of 4K ZIP half RGBA beside its stages, each alone ({machine['processor']}, {machine['cores']}"
        f" cores, files in memory, {runs[0]['source_frames']} source frames, load average {min(loads):g} to"
        f" {max(loads):g}):",
        "",
        "| making threads | read | make | write | whole run | times the longest stage | times all cores busy |",
        "|---|---|---|---|---|---|---|",
    ]
    for run in runs:
        cells = [f"{run[name]['seconds']:.1f} s" for name in ("read", "make", "write", "whole")]
        ratios = [f"{run[name]:.2f}" for name in ("ratio_to_longest_stage", "ratio_to_all_cores_busy")]
        lines.append(f"| {' | '.join([str(run['make_threads']), *cells, *ratios])} |")
    return lines


def kernels_table() -> str:
    """Markdown: a row a kernel and size."""
    figures = load("kernels_cpu")
    machine, limits = figures["machine"], figures["limits"]
    lines = [
        f"One thread of {machine['processor']} ({figures['level']}), load average {machine['load_average']:g};"
        " medians of runs that take turns, in processor time. The limits, measured in the same run:"
        f" copying {limits['copy_bytes_per_s'] / 1e9:.1f} GB/s, a float32 matrix product"
        f" {limits['flops_per_s'] / 1e9:.0f} GFLOP/s.",
        "",
        "| kernel | ours | peer | times as fast (goal) | share of the limit | peer |",
        "|---|---|---|---|---|---|",
    ]
    for row in figures["rows"]:
        goal = "" if row["gate"] is None else f" ({row['gate']:g}{'' if row['met'] else ', missed'})"
        lines.append(
            f"| {row['name']} | {row['ours_s'] * 1e3:.1f} ms | {row['peer_s'] * 1e3:.1f} ms |"
            f" {row['speedup']:.1f}{goal} | {row['fraction_of_limit']:.0%} of {row['limit']} | {row['peer']} |"
        )
    return "\n".join(lines)


TABLES = {
    "benchmarks": (table, "stages_4k"),
    "kernels": (kernels_table, "kernels_cpu"),
    "models": (models_table, "models_cpu"),
    "peers": (lambda: peers_table(load("peers_cpu")), "peers_cpu"),
}
"""By the marks between which each stands in the README: how it is made, and the result that must be there."""


def fill_readme() -> None:
    """Replaces what stands between each pair of marks."""
    text = README.read_text(encoding="utf-8")
    for mark, (make, result) in TABLES.items():
        if (HERE / "results" / f"{result}.json").exists():
            text = between_marks(text, mark, make()) or text
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    fill_readme()
