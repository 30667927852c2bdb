"""Hiding a result as soon as a knob that it was made with changes, and showing it again if it changes back."""

from __future__ import annotations

from typing import Any

import nuke

from .digest import settings_digest
from .errors import VfiNukeError
from .render import update
from .repair import update_repair
from .repair_node import REPAIR_KNOBS, is_repair, listed
from .repair_result import hide_repair, repair_settings
from .result import hide_result
from .retime_node import SETTING_KNOBS, is_retime, state
from .timing import sample_timing

# The input range is linked to knobs of State: which of the two a host tells of is not written anywhere.
_WATCHED = {*SETTING_KNOBS, *REPAIR_KNOBS, "input.first", "input.last", "inputFirst", "inputLast"}


def knob_changed() -> None:
    """For the host's callback of that name. Called at each step of a slider: it looks at no file but where one fits."""
    if nuke.thisKnob().name() not in _WATCHED:
        return
    here = nuke.thisNode()
    node = here.parent() if here.name() == "State" else here
    if is_repair(node):
        _repair_changed(node)
    elif is_retime(node):
        _retime_changed(node)


def _repair_changed(node: Any) -> None:
    try:
        same = repair_settings(node, listed(node)) == state(node, "settings").value()
    except VfiNukeError as error:
        hide_repair(node, str(error))
        return
    if same or not listed(node).findings:
        update_repair(node)
    else:
        hide_repair(node, "changed; press Repair, or Update")


def _retime_changed(node: Any) -> None:
    stands = state(node, "settings").value()
    if not stands:
        return
    if _settings_now(node) == stands:
        update(node)
    else:
        hide_result(node, "changed since the render; press Render, or Update")


def _settings_now(node: Any) -> str:
    try:
        return settings_digest(node, sample_timing(node))
    except VfiNukeError:
        return ""
