"""What was found out about a file's channels, as rows for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

from vfi_plugin.image.channel_class import FLOAT_TYPES, HALF_TYPES, UINT_TYPES, ChannelRole, PartDescription

_TYPE_NAMES = {
    name: kind for kind, names in (("half", HALF_TYPES), ("float", FLOAT_TYPES), ("uint", UINT_TYPES)) for name in names
}


@dataclass(frozen=True)
class ChannelRow:
    """One channel in words: the columns of a table, in their order."""

    part: str
    channel: str
    type: str
    channel_class: str
    rule: str
    confidence: str
    treatment: str
    warning: str


def describe(
    parts: Sequence[PartDescription], roles: Sequence[ChannelRole], found: Sequence[Sequence[str]] = ()
) -> tuple[ChannelRow, ...]:
    """A row for every role; a warning that a whole layer shares stands at its first channel only.

    ``found`` may add warnings for each role, such as those from ``channel_sanity.value_warnings``.
    """
    told: set[tuple[int, str, str, str]] = set()
    rows = []
    for place, role in enumerate(roles):
        warnings = (*role.warnings, *(found[place] if found else ()))
        news = [text for text in warnings if (role.part, role.view, role.layer, text) not in told]
        told.update((role.part, role.view, role.layer, text) for text in news)
        rows.append(_row(role, parts[role.part], news))
    return tuple(rows)


def _row(role: ChannelRole, part: PartDescription, warnings: Sequence[str]) -> ChannelRow:
    options = ", ".join(f"{name}={value}" for name, value in role.options.items())
    return ChannelRow(
        part=part.name or str(role.part),
        channel=role.channel,
        type=_TYPE_NAMES.get(role.pixel_type, role.pixel_type),
        channel_class=role.channel_class.value,
        rule=role.rule,
        confidence=f"{role.confidence:.0%}",
        treatment=f"{role.treatment.value} ({options})" if options else role.treatment.value,
        warning="; ".join(warnings),
    )


def table_text(rows: Sequence[ChannelRow]) -> str:
    """Rows as text with aligned columns under a line of headings; the column of warnings only where there are any."""
    headings = tuple(field.name.removeprefix("channel_") for field in fields(ChannelRow))
    cells = [headings, *(astuple(row) for row in rows)]
    if not any(row.warning for row in rows):
        cells = [line[:-1] for line in cells]
    widths = [max(len(text) for text in column) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )
