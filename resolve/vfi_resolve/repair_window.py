"""The window that shows what is wrong and asks what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vfi_resolve.bad_frames import Corrections, Media, frames_text, parse_frames
from vfi_resolve.choices import PLACEMENTS
from vfi_resolve.errors import WrongInputError
from vfi_resolve.host import Host
from vfi_resolve.retime_window import Model
from vfi_resolve.windows import Window

_LINES = 12
"""Of findings that are shown; all of them stand in markers."""

TITLE = "VFI Repair"


@dataclass(frozen=True)
class RepairChoices:
    """What is to be done.

    Attributes:
        corrections: to what was found.
        model: a name of the worker's list.
        placement: one of PLACEMENTS.
        marks: put markers on the clips.
        makes: make bad frames anew, and place them.
        overwrite: make again what is there.
    """

    corrections: Corrections
    model: str
    placement: str
    marks: bool
    makes: bool
    overwrite: bool


def ask(host: Host, media: Sequence[Media], models: Sequence[Model]) -> RepairChoices | None:
    """Show what was found and ask what to do; None where the window was closed, which waits until that makes sense."""
    answer: list[RepairChoices] = []
    kinds = sorted({finding["kind"] for each in media for finding in each.findings})
    with Window(host, "VfiRepair", TITLE, (640, 480)) as window:
        window.show(list(_elements(window.ui, media, kinds)))
        window.items["model"].AddItems([model.title for model in models])
        window.items["placement"].AddItems(list(PLACEMENTS))

        def done(makes: bool) -> None:
            try:
                answer.append(_read(window.items, kinds, models, makes))
            except WrongInputError as error:
                window.items["problem"].Text = str(error)
            else:
                window.leave()

        window.on("repair", "Clicked", lambda: done(True))
        window.on("mark", "Clicked", lambda: done(False))
        window.on("cancel", "Clicked", window.leave)
        window.on_close(window.leave)
        window.wait()
    return answer[0] if answer else None


def _elements(ui: Any, media: Sequence[Media], kinds: Sequence[str]) -> Iterator[Any]:
    def row(label: str, element: Any) -> Any:
        return ui.HGroup({"Weight": 0}, [ui.Label({"Text": label, "Weight": 1}), element])

    yield ui.Label({"ID": "found", "Text": found_text(media), "WordWrap": True})
    for kind in kinds:
        frames = [
            frame
            for each in media
            for finding in each.findings
            if finding["kind"] == kind
            for frame in finding["frames"]
        ]
        text = f"Repair {kind}: {frames_text(frames)}"
        yield ui.CheckBox({"ID": f"kind_{kind}", "Text": text, "Checked": True, "Weight": 0})
    yield row("Leave these frames", ui.LineEdit({"ID": "leave", "Text": "", "Weight": 2}))
    yield row("Repair these, too", ui.LineEdit({"ID": "add", "Text": "", "Weight": 2}))
    yield row("Model", ui.ComboBox({"ID": "model", "Weight": 2}))
    yield row("Put it on", ui.ComboBox({"ID": "placement", "Weight": 2}))
    yield ui.CheckBox({"ID": "marks", "Text": "Markers on the clips", "Checked": True, "Weight": 0})
    yield ui.CheckBox({"ID": "overwrite", "Text": "Make again what is there", "Checked": False, "Weight": 0})
    yield ui.Label({"ID": "problem", "Text": "", "WordWrap": True})
    buttons = {"cancel": "Cancel", "mark": "Markers only", "repair": "Repair"}
    yield ui.HGroup({"Weight": 0}, [ui.Button({"ID": name, "Text": text}) for name, text in buttons.items()])


def found_text(media: Sequence[Media]) -> str:
    """A line a finding, the first of them."""
    lines = [
        f"{each.clips[0].name}: {finding['kind']} {frames_text(finding['frames'])}: {finding.get('why', '')}"
        for each in media
        for finding in each.findings
    ]
    more = len(lines) - _LINES
    return "\n".join([*lines[:_LINES], *([f"and {more} more"] if more > 0 else [])])


def _read(items: dict[str, Any], kinds: Sequence[str], models: Sequence[Model], makes: bool) -> RepairChoices:
    corrections = Corrections(
        kinds=frozenset(kind for kind in kinds if items[f"kind_{kind}"].Checked),
        leave=parse_frames(str(items["leave"].Text)),
        add=parse_frames(str(items["add"].Text)),
    )
    if makes and not corrections.kinds and not corrections.add:
        raise WrongInputError("nothing is chosen to be repaired; choose a kind, or name frames")
    return RepairChoices(
        corrections=corrections,
        model=models[int(items["model"].CurrentIndex)].name,
        placement=PLACEMENTS[int(items["placement"].CurrentIndex)],
        marks=bool(items["marks"].Checked) or not makes,
        makes=makes,
        overwrite=bool(items["overwrite"].Checked),
    )
