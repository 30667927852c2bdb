"""The window that asks how a clip is to be retimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vfi_resolve.choices import BY_LENGTH, BY_SPEED, PLACEMENTS, TIMINGS, Choices, Fields, percent, read_choices
from vfi_resolve.errors import WrongInputError
from vfi_resolve.host import Host
from vfi_resolve.timeline_clip import TimelineClip
from vfi_resolve.windows import Window

_USABLE = ("none needed", "shipped", "imported")
"""States of a model's weights with which it can run."""


@dataclass(frozen=True)
class Model:
    """A line of the list of models.

    Attributes:
        name: as the worker knows it.
        title: as people do.
        is_default: whether it is the one to begin with.
    """

    name: str
    title: str
    is_default: bool


def usable_models(hello: dict[str, Any]) -> tuple[Model, ...]:
    """The models of the worker that have what they need, the default first."""
    models = [
        Model(facts["name"], f"{facts['title']} ({facts['name']})", bool(facts["default"]))
        for facts in hello["models"]
        if facts["weights"] in _USABLE
    ]
    return tuple(sorted(models, key=lambda model: not model.is_default))


def ask(host: Host, clip: TimelineClip, models: Sequence[Model]) -> Choices | None:
    """Ask how to retime a clip; None where the window was closed. It stays open until the fields mean something."""
    answer: list[Choices] = []
    with Window(host, "VfiRetime", "VFI Retime", (520, 300)) as window:
        window.show(_elements(window.ui, clip))
        _fill(window.items, clip, models)

        def render() -> None:
            try:
                answer.append(read_choices(_read(window.items, models), clip.span))
            except WrongInputError as error:
                window.items["problem"].Text = str(error)
            else:
                window.leave()

        window.on("render", "Clicked", render)
        window.on("cancel", "Clicked", window.leave)
        window.on_close(window.leave)
        window.wait()
    return answer[0] if answer else None


def _elements(ui: Any, clip: TimelineClip) -> list[Any]:
    speed = percent(clip.span.speed)
    shown = f"{clip.name}: {float(clip.span.frames):g} source frames in {clip.span.duration}, {speed}% on average"

    def row(label: str, element: Any) -> Any:
        return ui.HGroup({"Weight": 0}, [ui.Label({"Text": label, "Weight": 1}), element])

    return [
        ui.Label({"ID": "clip", "Text": shown, "WordWrap": True}),
        row("Retime by", ui.ComboBox({"ID": "timing", "Weight": 2})),
        row("Speed, %", ui.LineEdit({"ID": "speed", "Text": speed, "Weight": 2})),
        row("Length, frames", ui.LineEdit({"ID": "length", "Text": str(clip.span.duration), "Weight": 2})),
        row("Model", ui.ComboBox({"ID": "model", "Weight": 2})),
        row("Put it on", ui.ComboBox({"ID": "placement", "Weight": 2})),
        ui.CheckBox({"ID": "overwrite", "Text": "Render again what is there", "Checked": False, "Weight": 0}),
        ui.Label({"ID": "problem", "Text": "", "WordWrap": True}),
        ui.HGroup(
            {"Weight": 0},
            [ui.Button({"ID": "cancel", "Text": "Cancel"}), ui.Button({"ID": "render", "Text": "Render"})],
        ),
    ]


def _fill(items: dict[str, Any], clip: TimelineClip, models: Sequence[Model]) -> None:
    items["timing"].AddItems(list(TIMINGS))
    items["model"].AddItems([model.title for model in models])
    items["placement"].AddItems(list(PLACEMENTS))
    # A clip that Resolve retimes already is most likely to be made well in the length it has.
    timing = BY_SPEED if clip.span.speed == 1 else BY_LENGTH
    items["timing"].CurrentIndex = TIMINGS.index(timing)
    items["model"].CurrentIndex = 0
    items["placement"].CurrentIndex = 0


def _read(items: dict[str, Any], models: Sequence[Model]) -> Fields:
    return Fields(
        timing=TIMINGS[int(items["timing"].CurrentIndex)],
        speed=str(items["speed"].Text),
        length=str(items["length"].Text),
        model=models[int(items["model"].CurrentIndex)].name,
        placement=PLACEMENTS[int(items["placement"].CurrentIndex)],
        overwrite=bool(items["overwrite"].Checked),
    )
