"""How the frames between are made, in words, for the plan that is printed before work starts."""

from __future__ import annotations

from collections.abc import Iterator

from vfi_plugin.models.info import LED_BY, ModelInfo
from vfi_plugin.models.times import time_steps


def method_text(method: str, model: ModelInfo) -> str:
    """One line on the method ("motion", "blend" or "frame") and, for motion, on the times that the model knows."""
    return "; ".join(_by_model(model)) if method == "motion" else f"method {method}"


def painting_text(colour: str, carrier: str) -> str:
    """What a model that paints does itself, and what it leaves to the carrier; ``colour`` are its channels."""
    if not colour:
        return f"there is no colour to paint here: all channels are moved by {carrier}"
    return (
        f"{colour}: painted from black to white; brighter and negative light, what is not opaque, frames past an end"
        f" and all other channels are moved by {carrier}"
    )


def _by_model(model: ModelInfo) -> Iterator[str]:
    yield f"{model.title}, where the motion of {LED_BY} is in doubt" if model.follows else model.title
    at_once = model.frames_at_once
    if not model.any_time:
        known = "the middle of a pair alone" if at_once == 1 else f"{at_once} evenly spaced frames of a pair at once"
        again = ", by halving" if at_once == 1 else ""
        what = "what it mixes is made" if model.follows else "times are made"
        yield f"it knows {known}, so {what} to the nearest 1/{time_steps(at_once)}{again}"
