"""Pictures as a viewer shows them: OCIO's default display and view, for previews and movies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import ColourError
from vfi_plugin.image.colour_config import load_config

FloatArray = npt.NDArray[np.float32]


def display_view(colorspace: str, config: str | None = None) -> Callable[[FloatArray], FloatArray]:
    """A function from (H, W, 3) float32 in ``colorspace`` to display values, by the config's default display and view.

    Raises:
        ColourError: the config has no display or no view for this colour space.
    """
    import PyOpenColorIO as ocio

    loaded = load_config(config)
    display = loaded.getDefaultDisplay()
    view = loaded.getDefaultView(display, colorspace) or loaded.getDefaultView(display)
    try:
        transform = ocio.DisplayViewTransform(src=colorspace, display=display, view=view)
        processor: Any = loaded.getProcessor(transform).getDefaultCPUProcessor()
    except ocio.Exception as error:
        raise ColourError(
            f"the OCIO config cannot show {colorspace!r} on {display!r}: {' '.join(str(error).split())};"
            " write an EXR sequence, or use a config with a display and view"
        ) from None

    def shown(rgb: FloatArray) -> FloatArray:
        pixels: FloatArray = np.ascontiguousarray(rgb, np.float32).copy()
        processor.applyRGB(pixels)
        return pixels

    return shown
