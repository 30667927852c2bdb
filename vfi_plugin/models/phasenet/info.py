"""What is known of PhaseNet without loading it: no torch here."""

from __future__ import annotations

from dataclasses import replace

from vfi_plugin.models.info import NOT_PUBLISHED, ModelInfo

FAITHFUL, IMPROVED = "faithful", "improved"
"""As published, without the finest detail of a frame; and with one head more, which mixes that from both frames."""

VARIANT_NAMES = (FAITHFUL, IMPROVED)

INFO = ModelInfo(
    name="phasenet",
    title="PhaseNet",
    paper="Meyer, Djelouah, McWilliams and others: PhaseNet for Video Frame Interpolation, CVPR 2018",
    year=2018,
    any_time=False,
    extrapolates=False,
    size_multiple=1,
    reach_px=None,  # half a wave of the coarsest level, which is about an eighth of the frame's shorter side
    parameters=462_457,
    # Three channels, each 88,064 at full size; each level has half the pixels of the one before it.
    multiply_adds=3 * 2 * (88 * 64 * 9 + 64 * 64 * 9 + 64 * 8),
    licence=NOT_PUBLISHED,
    training_data=NOT_PUBLISHED,
    weights_sha256=None,
    paints=True,
)

_DETAIL_PARAMETERS, _DETAIL_MULTIPLY_ADDS = 65, 3 * 64  # one head more, at full size alone


def info_of(variant: str) -> ModelInfo:
    """The facts about one of the two forms."""
    if variant != IMPROVED:
        return INFO
    return replace(
        INFO,
        parameters=INFO.parameters + _DETAIL_PARAMETERS,
        multiply_adds=INFO.multiply_adds + _DETAIL_MULTIPLY_ADDS,
    )
