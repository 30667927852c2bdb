"""The list of a page: a card a finding, with its frames and, after a repair, before and after under a wipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.page_pictures import Jpeg
from vfi_plugin.repair.page_repaired import RepairedFrame
from vfi_plugin.repair.page_strips import Cell
from vfi_plugin.repair.page_timeline import KIND_NAMES
from vfi_plugin.timing.ranges import format_range

_CROSS = (
    '<svg class="cross" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
    '<path d="M0 0L100 100M100 0L0 100"/></svg>'
)


@dataclass
class Pictures:
    """What was read for a page.

    Attributes:
        small: of frames of the source, for strips, by number.
        before: of frames of the source, for wipes, by number.
        after: of frames of the repaired clip, for wipes, by number.
        faults: why a frame of the source cannot be shown, by number.
        faults_after: the same of the repaired clip.
    """

    small: dict[int, Jpeg] = field(default_factory=dict)
    before: dict[int, Jpeg] = field(default_factory=dict)
    after: dict[int, Jpeg] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    faults_after: dict[int, str] = field(default_factory=dict)

    def by_key(self) -> Mapping[str, Jpeg]:
        """All, by the names that the page's elements have for them."""
        named = (("s", self.small), ("b", self.before), ("a", self.after))
        return {f"{letter}{number}": jpeg for letter, group in named for number, jpeg in group.items()}


@dataclass(frozen=True)
class Cards:
    """Writes cards.

    Attributes:
        pictures: what was read.
        there: numbers of the source's frames.
        shape: width and height of a picture in a strip, for cells that have none.
    """

    pictures: Pictures
    there: frozenset[int]
    shape: tuple[int, int]

    def finding(self, place: int, finding: Finding, cells: Sequence[Cell], made: Sequence[RepairedFrame]) -> str:
        """The card of a finding, the ``place``-th from 0; ``made`` are the repaired frames that mend it."""
        name, frames = KIND_NAMES[finding.kind], format_range(finding.frames)
        clear = (
            f'<span class="score" title="how clear it is: 1 is the threshold"><b>{finding.score:.2f}</b> score</span>'
        )
        count = f'<span class="many">{len(finding.frames)} frames</span>' if len(finding.frames) > 1 else ""
        title = f'<span class="kind">{escape(name)}</span> <span class="frames">{frames}</span>'
        head = f'<h3 id="t{place}">{title}</h3>{count}{clear}{_copy_button(frames)}'
        strip = "".join(self._cell(cell, finding.kind) for cell in cells)
        return (
            f'<article class="card finding" id="f{place}" data-kind="{finding.kind.value}" tabindex="-1"'
            f' aria-labelledby="t{place}"><header>{head}</header><p class="why">{escape(finding.why)}</p>'
            f'<div class="strip">{strip}</div>{self.wipe(made)}</article>'
        )

    def others(self, made: Sequence[RepairedFrame]) -> str:
        """The card of repaired frames that mend no finding; "" for none."""
        if not made:
            return ""
        frames = format_range([frame.number for frame in made])
        return (
            '<article class="card others" id="others" tabindex="-1" aria-labelledby="t-others"><header>'
            f'<h3 id="t-others"><span class="kind">also repaired</span> <span class="frames">{frames}</span></h3>'
            f"{_copy_button(frames)}</header>"
            f'<p class="why">Frames that were made anew and that no finding names.</p>{self.wipe(made)}</article>'
        )

    def wipe(self, made: Sequence[RepairedFrame]) -> str:
        """Before and after, with a button a frame where there are several; "" where there is nothing to show."""
        shown = [frame for frame in made if frame.number in self.pictures.after]
        left_out = len(made) - len(shown)
        note = f'<p class="note">{_left_out_text(made, self.pictures)}</p>' if left_out else ""
        if not shown:
            return note
        first = self.pictures.after[shown[0].number]
        buttons = "".join(_frame_button(frame, frame is shown[0]) for frame in shown)
        alone = "" if shown[1:] else " hidden"
        chooser = f'<div class="chooser" role="group" aria-label="Repaired frames"{alone}>{buttons}</div>'
        told = "".join(self._told(frame, frame is shown[0]) for frame in shown)
        label = f"Wipe of frame {shown[0].number}: share of the picture that shows before"
        slider = f'<input type="range" min="0" max="100" value="50" aria-label="{label}">'
        stage = (
            f'<div class="stage" style="aspect-ratio:{first.width}/{first.height}"><img class="after" alt="after">'
            f'<div class="side"><img class="before" alt="before">{_CROSS}<span class="said"></span></div>'
            '<div class="bar" aria-hidden="true"></div><span class="tag is-before" aria-hidden="true">before</span>'
            '<span class="tag is-after" aria-hidden="true">after</span></div>'
        )
        return f'<div class="wipe">{stage}<div class="beside">{slider}{chooser}{told}{note}</div></div>'

    def _told(self, frame: RepairedFrame, is_chosen: bool) -> str:
        rows = [("frame", str(frame.number)), *frame.told]
        if frame.before is None or frame.before not in self.pictures.before:
            rows.append(("before", self._why_no_before(frame)))
        listed = "".join(f"<dt>{escape(what)}</dt><dd>{escape(text)}</dd>" for what, text in rows)
        return f'<dl class="told" data-frame="{frame.number}"{"" if is_chosen else " hidden"}>{listed}</dl>'

    def _why_no_before(self, frame: RepairedFrame) -> str:
        if frame.before is None:
            return "no such frame"
        return self.pictures.faults.get(frame.before, "not shown")

    def _cell(self, cell: Cell, kind: Kind) -> str:
        if cell.number is None:
            name = "lost" if kind is Kind.DROPPED else "skip"
            return f'<figure class="cell {name}"><div class="hole"><span>{escape(cell.word)}</span></div></figure>'
        name = "cell concerned" if cell.concerned else "cell"
        caption = f"<figcaption>{cell.number}</figcaption>"
        jpeg = self.pictures.small.get(cell.number)
        if jpeg is not None:
            size = f'width="{jpeg.width}" height="{jpeg.height}"'
            picture = f'<img data-picture="s{cell.number}" alt="frame {cell.number}" {size}>'
            return f'<figure class="{name}">{picture}{caption}</figure>'
        return f'<figure class="{name}">{self._hole(cell.number)}{caption}</figure>'

    def _hole(self, number: int) -> str:
        style = f'style="aspect-ratio:{self.shape[0]}/{self.shape[1]}"'
        if number not in self.there:
            return f'<div class="hole missing" {style}>{_CROSS}<span>no file</span></div>'
        if number in self.pictures.faults:
            why = escape(self.pictures.faults[number])
            return f'<div class="hole unreadable" {style} title="{why}">{_CROSS}<span>cannot be read</span></div>'
        return f'<div class="hole" {style}><span>not shown</span></div>'


def _copy_button(frames: str) -> str:
    return f'<button type="button" class="copy" data-copy="{frames}" aria-label="Copy the range {frames}">Copy</button>'


def _frame_button(frame: RepairedFrame, is_chosen: bool) -> str:
    before = "" if frame.before is None else f"b{frame.before}"
    return (
        f'<button type="button" data-frame="{frame.number}" data-before="{before}"'
        f' aria-pressed="{str(is_chosen).lower()}">{frame.number}</button>'
    )


def _left_out_text(made: Sequence[RepairedFrame], pictures: Pictures) -> str:
    broken = [frame.number for frame in made if frame.number in pictures.faults_after]
    rest = [f.number for f in made if f.number not in pictures.after and f.number not in pictures.faults_after]
    said = [f"The repaired frames {format_range(broken)} cannot be read."] if broken else []
    said += [f"Repaired too, not shown to keep the page small: {format_range(rest)}."] if rest else []
    return " ".join(said)
