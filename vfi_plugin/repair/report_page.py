"""What a scan found as one HTML file that needs nothing else: timeline, pictures, before and after.

It is read in a browser without a network: styles, script and pictures are in it, and a content policy forbids it to
load anything. It works by keyboard alone; the text of all findings is there without the script as well.

At most 34 MB, whatever the clip: 1,500 small pictures of 8 KB and 80 pairs of 80 KB, a third more as text. The page
says what was left out for that.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from vfi_plugin.media.open_clip import open_clip
from vfi_plugin.media.writing import write_file
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.page_cards import Cards
from vfi_plugin.repair.page_material import MOST_SMALL, Material, mended_by, read_material
from vfi_plugin.repair.page_pictures import Viewer, file_name
from vfi_plugin.repair.page_timeline import KIND_NAMES, timeline_html
from vfi_plugin.repair.report_files import nuke_range, runs_of
from vfi_plugin.repair.scan_report import ScanReport
from vfi_plugin.timing.ranges import format_range


def save_page(
    report: ScanReport,
    path: str | Path,
    source: str | Path,
    repaired: str | Path | None = None,
    *,
    colorspace: str | None = None,
    config: str | None = None,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Writes the page. Of both clips those frames are read that it shows, in order, each once (and five to meter by).

    Args:
        report: what was found.
        path: of the HTML file.
        source: the clip that was looked at: a pattern or a movie.
        repaired: the same clip after a repair; with it come before and after.
        colorspace: of both clips; None: as their headers say.
        config: of OpenColorIO; None: ``$OCIO``, else the built-in one.
        check: called between frames; raises to stop, and nothing is written then.

    Raises:
        InputError: a clip that is not there, or has nothing to show.
        ColourError: a config or a space that is not there.
        WriteError: the page cannot be written.
    """
    with open_clip(source) as clip:
        viewer = Viewer.of(clip, colorspace, config)
        if repaired is None:
            material = read_material(report, viewer, None, check)
        else:
            with open_clip(repaired) as after:
                material = read_material(report, viewer, Viewer.of(after, colorspace, config), check)
    write_file(Path(path), _page(material, source, repaired).encode())


def _page(material: Material, source: str | Path, repaired: str | Path | None) -> str:
    report, numbers = material.report, material.numbers
    folder = files("vfi_plugin.repair").joinpath("page")
    shape = next(((each.width, each.height) for each in material.pictures.small.values()), report.size)
    cards = Cards(material.pictures, frozenset(numbers), shape if all(shape) else (16, 9))
    first, last = _ends(material)
    places = {
        "title": escape(f"{file_name(source)}: vfi scan"),
        "name": escape(file_name(source)),
        "path": escape(str(source)),
        "facts": _facts(material, repaired),
        "range": escape(nuke_range(report)),
        "filters": _filters(report),
        "timeline": timeline_html(report, first, last),
        "notes": _notes(material),
        "cards": _card_list(material, cards),
        "version": escape(version("vfi-plugin")),
        "style": folder.joinpath("page.css").read_text("utf-8"),
        "script": folder.joinpath("page.js").read_text("utf-8"),
        "data": _for_script(_data(material, first, last)),
    }
    return Template(folder.joinpath("page.html").read_text("utf-8")).substitute(places)


def _ends(material: Material) -> tuple[int, int]:
    looked_at = material.report.numbers or material.numbers
    return min(looked_at[0], material.numbers[0]), max(looked_at[-1], material.numbers[-1])


def _facts(material: Material, repaired: str | Path | None) -> str:
    report = material.report
    looked_at = report.numbers or material.numbers
    width, height = report.size
    facts = [
        ("frames", f"{looked_at[0]}-{looked_at[-1]}"),
        ("looked at", str(len(looked_at))),
        ("rate", f"{float(report.rate):.6g} fps" if report.rate else "not said"),
        ("size", f"{width} × {height}" if width else "not said"),
        ("findings", str(len(report.findings))),
    ]
    if repaired is not None:
        facts += [("repaired frames", str(len(material.made))), ("repaired clip", file_name(repaired))]
    return "".join(f"<div><dt>{what}</dt><dd>{escape(text)}</dd></div>" for what, text in facts)


def _filters(report: ScanReport) -> str:
    counts = Counter(finding.kind for finding in report.findings)
    kinds = "".join(_filter_button(kind.value, KIND_NAMES[kind], counts[kind]) for kind in Kind if counts[kind])
    return _filter_button("", "all", len(report.findings), pressed=True) + kinds


def _filter_button(kind: str, name: str, count: int, *, pressed: bool = False) -> str:
    return (
        f'<button type="button" data-kind="{kind}" aria-pressed="{str(pressed).lower()}">'
        f'{escape(name)} <span class="count">{count}</span></button>'
    )


def _notes(material: Material) -> str:
    said = []
    if material.without:
        said.append(
            f"{material.without} of {len(material.strips)} findings are listed without all of their pictures, to keep"
            f" this page small: {MOST_SMALL} pictures are shown, of the clearest findings of each kind first."
        )
    if (hidden := len(material.made) - len(material.pictures.after) - len(material.pictures.faults_after)) > 0:
        said.append(
            f"{hidden} of {len(material.made)} repaired frames are not shown before and after, for the same reason."
        )
    if material.gain != 1:
        said.append(f"Pictures are shown at {material.gain:.3g} times the light.")
    return "".join(f'<p class="note">{escape(text)}</p>' for text in said)


def _card_list(material: Material, cards: Cards) -> str:
    mended, others = mended_by(material.made, material.report.findings)
    written = [
        cards.finding(place, finding, cells, made)
        for place, ((finding, cells), made) in enumerate(zip(material.strips, mended, strict=True))
    ]
    if not written:
        written = [f'<p class="nothing">Nothing is wrong in the {len(material.numbers)} frames of this clip.</p>']
    return "\n".join([*written, cards.others(others)])


def _data(material: Material, first: int, last: int) -> dict[str, Any]:
    """What the page's script works with."""
    report = material.report
    return {
        "first": first,
        "last": last,
        "numbers": _ends_of_runs(report.numbers),
        "findings": [
            [finding.kind.value, format_range(finding.frames), _ends_of_runs(finding.frames)]
            for finding in report.findings
        ],
        "scores": {
            KIND_NAMES[kind]: [None if score is None else round(score, 2) for score in scores]
            for kind, scores in report.scores.items()
        },
        "faults": {f"b{number}": "cannot be read" for number in material.pictures.faults},
        "pictures": {key: jpeg.uri for key, jpeg in material.pictures.by_key().items()},
    }


def _ends_of_runs(numbers: Sequence[int]) -> list[list[int]]:
    return [[run[0], run[-1]] for run in runs_of(numbers)]


def _for_script(data: dict[str, Any]) -> str:
    """JSON that no text in it can end: a name may hold ``</script>``."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
