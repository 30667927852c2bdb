"""Settings of the tests of exact arithmetic."""

from __future__ import annotations

from hypothesis import settings

# Wall-clock limits say nothing about exactness, and fail on a busy machine.
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")
