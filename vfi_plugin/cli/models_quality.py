"""What ``vfi models`` says of measured quality, and the cards of weights that ship."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from vfi_plugin.evaluate.measure import MEASURES
from vfi_plugin.models import weights_place
from vfi_plugin.models.info import ModelInfo
from vfi_plugin.models.quality import AVERAGE, DIS, MODEL, Quality, quality_of


def gain_column(infos: Sequence[ModelInfo], measured: Sequence[Quality]) -> list[str]:
    """A heading and a cell for each model: dB over frame averaging, all on one data set; nothing if none has any.

    It is the data set on which most models were measured, the first of these by name.
    """
    each_one = (each for info in infos for each in quality_of(info, measured))
    found = Counter(each.measurement for each in each_one if each.gain is not None)
    if not found:
        return []
    first = min(found, key=lambda measurement: (-found[measurement], measurement))
    return [f"over averaging ({first[2]})", *(_gain(quality_of(info, measured), first) for info in infos)]


def heading(quality: Quality) -> str:
    """A line that says what was measured on what."""
    return (
        f"measured on {quality.data} (protocol {quality.protocol}, factor {quality.factor};"
        f" {quality.frames} frames of {quality.clips} clips):"
    )


def figure_rows(quality: Quality) -> list[list[str]]:
    """Cells: a line of measures, then the model, frame averaging and the classic."""
    measures = list(quality.means[MODEL])
    names = {MODEL: quality.network, AVERAGE: "frame averaging", DIS: DIS}
    rows = [
        [f"  {names.get(method, method)}", *(_figure(measure, values[measure]) for measure in measures)]
        for method, values in quality.means.items()
    ]
    return [["", *measures], *rows]


def shipped_card(name: str) -> Iterator[str]:
    """The lines of the card of the weights that ship; none where there is no card."""
    card = weights_place.SHIPPED / f"{name}.md"
    if card.is_file():
        lines = card.read_text(encoding="utf-8").rstrip().splitlines()
        yield from (line for line in lines if not line.startswith("<!--"))  # marks between which figures are filled in


def _gain(found: Sequence[Quality], measurement: tuple[str, int, str]) -> str:
    gains = [each.gain for each in found if each.measurement == measurement and each.gain is not None]
    return f"{gains[0]:+.1f} dB" if gains else "-"


def _figure(measure: str, value: float) -> str:
    return MEASURES[measure].text(value) if measure in MEASURES else f"{value:g}"
