"""The README's table of the classic beside its peers."""

from __future__ import annotations

from typing import Any


def peers_table(figures: dict[str, Any]) -> str:
    """Markdown: a row a method, from what ``peers.py`` measured."""
    machine, clips = figures["machine"], figures["clips"]
    sizes = list(figures["speed"])
    lines = [
        f"{clips['dropped_frames']} dropped frames of {clips['count']} clips (at most 960 px a side) made anew; speed"
        f" on one thread of {machine['processor']}, in processor time, medians of runs that take turns (load average"
        f" {machine['load_average']:g}). Times: as fast as OpenCV's DIS fast, and as minterpolate.",
        "",
        f"| method | PSNR, dB | {' | '.join(f'{size}: frames a second | times' for size in sizes)} |",
        f"|---|---{'|---|---' * len(sizes)}|",
    ]
    for name, value in figures["psnr"].items():
        cells = [name, f"{value:.2f}"]
        for size in sizes:
            speed = figures["speed"][size][name]
            cells += [
                f"{speed['frames_per_second']:.3g}",
                ", ".join(_times(speed[peer]) for peer in ("times_dis_fast", "times_minterpolate")),
            ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_throughput(figures)])


def _throughput(figures: dict[str, Any]) -> list[str]:
    """Markdown: the streams with every core, a row a method."""
    sizes = figures["throughput"]
    names = list(next(iter(sizes.values())))
    lines = [
        f"The same streams with all {figures['machine']['cores']} cores, by the clock; times: as fast as minterpolate,"
        " which keeps one core busy.",
        "",
        f"| method | {' | '.join(f'{size}: frames a second | times' for size in sizes)} |",
        f"|---{'|---|---' * len(sizes)}|",
    ]
    for name in names:
        cells = [name]
        for size in sizes.values():
            cells += [f"{size[name]['frames_per_second']:.3g}", _times(size[name]["times_minterpolate"])]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
