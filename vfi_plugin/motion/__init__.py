"""The kinds of motion that a model can predict for a pair of frames, and how each moves a payload."""

from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion

__all__ = ["FlowMotion", "Motion"]
