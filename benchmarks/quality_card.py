"""The part of a card of weights that says how good they were measured to be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from marks import between_marks

from vfi_plugin.evaluate.measure import MEASURES
from vfi_plugin.models.quality import AVERAGE, DIS, MODEL, Quality

NOT_MEASURED = "Not measured yet."

_METHODS = {MODEL: "these weights", AVERAGE: "frame averaging", DIS: "`dis`"}


def fill_card(card: Path, found: Sequence[Quality]) -> str:
    """Fills in the card; what came of it in a word or two. A card that is not there, or has no marks, is left alone."""
    if not card.is_file():
        return "no card"
    content = "\n\n".join(map(_section, found)) or NOT_MEASURED
    text = between_marks(card.read_text(encoding="utf-8"), "quality", content)
    if text is None:
        return f"{card.name} has no <!-- quality:begin --> and <!-- quality:end -->"
    card.write_text(text, encoding="utf-8")
    return f"filled in {card.name}"


def _section(quality: Quality) -> str:
    measures = list(quality.means[MODEL])
    rows = [
        f"| {_METHODS[method]} | {' | '.join(MEASURES[measure].text(values[measure]) for measure in measures)} |"
        for method, values in quality.means.items()
    ]
    return "\n".join(
        [
            f"**{quality.data}**: protocol `{quality.protocol}`, factor {quality.factor}, {quality.frames} frames of"
            f" {quality.clips} clips.",
            "",
            f"| | {' | '.join(_named(measure) for measure in measures)} |",
            f"|---|{'---|' * len(measures)}",
            *rows,
            *_by_clip(quality),
        ]
    )


def _named(measure: str) -> str:
    unit = MEASURES[measure].unit
    return f"`{measure}`, {unit}" if unit else f"`{measure}`"


def _by_clip(quality: Quality) -> list[str]:
    if not quality.clip_psnr:
        return []
    methods = list(quality.means)
    heads = [f"PSNR of the clip, {_METHODS[method]}" if method == MODEL else _METHODS[method] for method in methods]
    rows = [
        f"| {clip} | {' | '.join(f'{values[method]:.2f}' for method in methods)} |"
        for clip, values in quality.clip_psnr.items()
    ]
    return ["", f"| clip | {' | '.join(heads)} |", f"|---|{'---|' * len(methods)}", *rows]
