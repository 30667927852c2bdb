"""The tables of docs/scan-quality.md, made from what ``scan_quality.py`` and ``repair_quality.py`` measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from marks import between_marks

HERE = Path(__file__).parent
ALL_RUNS = "1-3"  # as repair_quality.py calls the mean, which goals are for
PAGE = HERE.parent / "docs" / "scan-quality.md"


def kinds_table(measured: dict[str, Any]) -> str:
    """Markdown: a row a kind."""
    clips, frames = measured["clips"], measured["frames"]
    lines = [
        f"{measured['all']['defects']} defects in {clips['made_up']} clips of made-up shots"
        f" ({frames['made_up']} frames) and {clips['footage']} of footage ({frames['footage']} frames):",
        "",
        "| kind | defects | frames | precision (goal) | recall (goal) | made-up shots | footage | subtle, found |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind, row in measured["all"]["kinds"].items():
        goal = f" ({row['least']:g}{'' if row['met'] else ', missed'})"
        apart = [_shares(measured[part]["kinds"][kind]) for part in ("made_up", "footage")]
        lines.append(
            f"| {kind} | {row['defects']} | {row['wanted']} | {_share(row['precision'])}{goal} |"
            f" {_share(row['recall'])}{goal} | {' | '.join(apart)} | {row['subtle']}, {row['subtle_found']} |"
        )
    drops = measured["all"]["kinds"]["dropped"]["right"]
    lines += ["", f"Of {drops} drops found, {measured['all']['drops_with_the_right_number']} with the right number."]
    return "\n".join(lines)


def confusion_table(measured: dict[str, Any]) -> str:
    """Markdown: a row for what a frame is, a column for what it was called."""
    table = measured["all"]["confusion"]
    kinds = list(measured["all"]["kinds"])
    lines = [f"| is, called | {' | '.join([*kinds, 'missed'])} |", "|---" * (len(kinds) + 2) + "|"]
    for row in (*kinds, "nothing"):
        counts = [table.get(row, {}).get(column, 0) for column in (*kinds, "missed")]
        lines.append(f"| {row} | {' | '.join(str(count or '·') for count in counts)} |")
    return "\n".join(lines)


def clean_table(measured: dict[str, Any]) -> str:
    """In a sentence; a row for each clip in which something was found."""
    clips = measured["clean"]
    found = [each for each in clips if each["findings"]]
    frames = sum(each["frames"] for each in clips)
    said = f"{len(clips)} clean clips, {frames} frames: findings in {len(found)} of them."
    rows = [f"| {each['clip']} | {'; '.join(each['findings'])} |" for each in found]
    return "\n".join([said, *(["", "| clip | found |", "|---|---|", *rows] if rows else [])])


def repair_table(measured: dict[str, Any]) -> str:
    """Markdown: a row for each sort of material and gap."""
    lines = [
        f"PSNR of frames made anew by `{measured['model']}`, dB, means over frames:",
        "",
        "| material | frames in a row | frames | repaired | blended | held | over blend (goal) | over hold (goal) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in measured["rows"]:
        goals = [
            f"{row['repaired'] - row[peer]:+.1f}" + (f" ({goal:g})" if row["run"] == ALL_RUNS else "")
            for peer, goal in measured["goals_db"].items()
        ]
        lines.append(
            f"| {row['material']} | {row['run']} | {row['frames']} | {row['repaired']:.1f} | {row['blend']:.1f} |"
            f" {row['hold']:.1f} | {' | '.join(goals)} |"
        )
    return "\n".join(lines)


TABLES = {
    "kinds": (kinds_table, "scan_quality"),
    "confusion": (confusion_table, "scan_quality"),
    "clean": (clean_table, "scan_quality"),
    "repair": (repair_table, "repair_quality"),
}
"""By the marks between which each stands: how it is made, and of which result."""


def fill_page(page: Path = PAGE, results: Path = HERE / "results") -> None:
    """Replaces what stands between each pair of marks, where there is the result."""
    text = page.read_text(encoding="utf-8")
    for mark, (make, result) in TABLES.items():
        path = results / f"{result}.json"
        if path.exists():
            text = between_marks(text, mark, make(json.loads(path.read_text(encoding="utf-8")))) or text
    page.write_text(text, encoding="utf-8")


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def _shares(row: dict[str, Any]) -> str:
    return f"{_share(row['precision'])}, {_share(row['recall'])}"


if __name__ == "__main__":
    fill_page()
