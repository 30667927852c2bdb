"""How the frames between are made, in words, for the plan that is printed before work starts."""

from __future__ import annotations

from collections.abc import Iterator

from vfi_plugin.models.model import ModelInfo
from vfi_plugin.models.painting import CARRIER
from vfi_plugin.models.recursion import time_steps


def method_text(method: str, model: ModelInfo) -> str:
    """One line on the method ("motion", "blend" or "frame") and, for motion, on what the model does not do itself."""
    return "; ".join(_by_model(model)) if method == "motion" else f"method {method}"


def _by_model(model: ModelInfo) -> Iterator[str]:
    yield model.title
    at_once = model.frames_at_once
    if not model.any_time:
        known = "the middle of a pair alone" if at_once == 1 else f"{at_once} evenly spaced frames of a pair at once"
        again = ", by halving" if at_once == 1 else ""
        yield f"it knows {known}, so times are made to the nearest 1/{time_steps(at_once)}{again}"
    if model.paints:
        yield (
            "it paints the main colour from black to white; brighter and negative light, what is not opaque, and all"
            f" other channels are moved by {CARRIER}"
        )
