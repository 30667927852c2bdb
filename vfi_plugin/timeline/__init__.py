"""Editorial timelines in and out: new media for their retimed clips, in OpenTimelineIO and as EDL."""

from vfi_plugin.timeline.options import TimelineOptions
from vfi_plugin.timeline.outcome import Outcome, State, TimelineReport
from vfi_plugin.timeline.retime import retime_timeline

__all__ = ["Outcome", "State", "TimelineOptions", "TimelineReport", "retime_timeline"]
