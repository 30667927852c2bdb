"""Which colour space a clip is in, told from its first header, and the way from there to the guide."""

from __future__ import annotations

from collections.abc import Sequence

from vfi_plugin.errors import InputError
from vfi_plugin.image.colour import GuideTransform
from vfi_plugin.image.colour_config import choose_space, load_config
from vfi_plugin.media.header import SOURCE_FORMAT, PartHeader


def clip_space(headers: Sequence[PartHeader], colorspace: str | None = None, config: str | None = None) -> str:
    """The colour space's name in the config; ``colorspace`` and ``config`` as in ``RetimeOptions``.

    Raises:
        ColourError: a config or a space that is not there.
        InputError: no picture.
    """
    if not headers:
        raise InputError("the source has no picture in it")
    attributes = headers[0].attributes
    integer = "movie/codec" in attributes or _is_whole(headers)
    return choose_space(load_config(config), colorspace, attributes, integer=integer)


def clip_transform(
    headers: Sequence[PartHeader], colorspace: str | None = None, config: str | None = None
) -> GuideTransform:
    """From the clip's colour to the guide. Raises as ``clip_space``."""
    space = clip_space(headers, colorspace, config)
    # A movie's limited range leaves room below black and above white, so its values may leave [0, 1].
    return GuideTransform.for_space(space, config, integer=_is_whole(headers))


def _is_whole(headers: Sequence[PartHeader]) -> bool:
    """Whether the file stores whole numbers."""
    stored = headers[0].attributes.get(SOURCE_FORMAT)
    return stored is not None and "uint" in str(stored.value)
