"""What is said of vectors that are given where a model is told of."""

from __future__ import annotations

from vfi_plugin.models.info import ModelInfo

INFO = ModelInfo(
    name="vectors",
    title="The vectors given",
    paper="none; projected to the time of a frame as the classic's are",
    year=0,
    any_time=True,
    extrapolates=False,
    size_multiple=1,
    reach_px=None,
    parameters=0,
    multiply_adds=0,
    licence="theirs who made the vectors",
    training_data="none",
    weights_sha256=None,
)
"""What is said of vectors where a model is told of; it is none that could be loaded."""
