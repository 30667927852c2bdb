"""The adapter to DaVinci Resolve Studio: from a timeline item to frames beside its media, and back on the timeline.

Plain Python 3.9, which Resolve runs; all pixels are made by `vfi worker`, a process of its own. Every call that changes
something is followed by a look whether it did: setters of Resolve answer True and do nothing.
"""
