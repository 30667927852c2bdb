"""Editorial timelines in and out: retimed and repaired media for their clips, in OpenTimelineIO and as EDL."""

from vfi_plugin.timeline.options import TimelineOptions
from vfi_plugin.timeline.outcome import Outcome, State, TimelineReport
from vfi_plugin.timeline.repair import repair_timeline
from vfi_plugin.timeline.repair_options import TimelineRepairOptions
from vfi_plugin.timeline.retime import retime_timeline

__all__ = [
    "Outcome",
    "State",
    "TimelineOptions",
    "TimelineRepairOptions",
    "TimelineReport",
    "repair_timeline",
    "retime_timeline",
]
