"""Which OCIO config, and which of its colour spaces, a clip is in."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vfi_plugin.errors import ColourError
from vfi_plugin.image.frame import Attribute

DEFAULT_CONFIG = "ocio://cg-config-v2.1.0_aces-v1.3_ocio-v2.3"
"""Pinned by name: ``ocio://default`` moves with the library. This one needs OCIO 2.3, the VFX platform of 2024."""

STUDIO_CONFIG = "ocio://studio-config-v2.1.0_aces-v1.3_ocio-v2.3"
"""The pinned config's larger sister, with the cameras' log spaces."""

_SCENE_LINEAR = "scene_linear"
_DISPLAY_NAMES = ("srgb_tx", "sRGB - Texture", "srgb_rec709_scene", "srgb_texture", "texture_paint", "sRGB", "srgb")

# Interop identifiers (ASWF colour interop forum) whose names older configs do not have, beyond a dropped "_scene".
_OLDER_NAMES = {"srgb_rec709_scene": "srgb_tx", "srgb_ap1_scene": "srgb_ap1", "srgb_p3d65_scene": "srgb_p3d65"}

# Chromaticities of red, green, blue and white: SMPTE ST 2065-1, ACES S-2014-004, ITU-R BT.709, BT.2020, SMPTE EG 432-1.
_PRIMARIES = {
    "ACES2065-1": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767),
    "ACEScg": (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767),
    "lin_rec709": (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329),
    "lin_rec2020": (0.708, 0.292, 0.17, 0.797, 0.131, 0.046, 0.3127, 0.329),
    "lin_p3d65": (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329),
}
_PRIMARY_TOLERANCE = 0.001
"""Files carry these with three to five digits; the nearest two sets differ by 0.02."""

_MOST_NAMES_LISTED = 20


def load_config(config: str | None = None) -> Any:
    """An OCIO config.

    Args:
        config: a path or an ``ocio://`` name; None: ``$OCIO``, and where that is not set, :data:`DEFAULT_CONFIG`.

    Raises:
        ColourError: there is no such config, or it cannot be read.
    """
    import PyOpenColorIO as ocio

    wanted, origin = config_name(config)
    try:
        return ocio.Config.CreateFromFile(wanted)
    except (ocio.Exception, ocio.ExceptionMissingFile) as error:  # the second is no subclass of the first
        raise ColourError(_config_complaint(wanted, origin, str(error))) from error


def config_name(config: str | None = None) -> tuple[str, str]:
    """The config that will be used, and who asked for it: ``--config``, ``$OCIO`` or ``the default``."""
    if config:
        return config, "--config"
    from_environment = os.environ.get("OCIO", "")
    return (from_environment, "$OCIO") if from_environment else (DEFAULT_CONFIG, "the default")


def find_space(config: Any, name: str) -> str:
    """The config's own name for a colour space, an alias or a role.

    Raises:
        ColourError: the config has none of that name.
    """
    canonical: str = config.getCanonicalName(name)
    if not canonical:
        raise ColourError(_space_complaint(config, name))
    return canonical


def space_names(config: Any) -> list[str]:
    """The names of all colour spaces of a config, inactive ones left out."""
    return [space.getName() for space in config.getColorSpaces()]


def choose_space(
    config: Any, asked: str | None = None, attributes: Mapping[str, Attribute] | None = None, *, integer: bool = False
) -> str:
    """The colour space of a clip.

    Args:
        config: what :func:`load_config` gave.
        asked: a name the user gave; it wins.
        attributes: the file's header; ``colorInteropID``, ``oiio:ColorSpace``, the ACES container flag and
            ``chromaticities`` are asked in this order, and followed as far as the config knows what they name.
        integer: the file stores whole numbers (movies, PNG, JPEG, most DPX and TIFF).

    Returns:
        The name in the config. Without a hint: the ``scene_linear`` role for float, sRGB texture for integers.

    Raises:
        ColourError: ``asked`` is unknown, or the config has no space for the default.
    """
    if asked:
        return find_space(config, asked)
    candidates = [*_named_by_file(attributes or {}), *(_DISPLAY_NAMES if integer else (_SCENE_LINEAR,))]
    known = next((name for name in map(config.getCanonicalName, candidates) if name), None)
    if known is None:
        kind = "sRGB texture space" if integer else "scene_linear role"
        raise ColourError(
            f"the OCIO config has no {kind}: name the clip's colour space with --colorspace{_listed(config)}"
        )
    return str(known)


def _named_by_file(attributes: Mapping[str, Attribute]) -> Iterable[str]:
    for key in ("colorInteropID", "oiio:ColorSpace"):
        name = attributes[key].value if key in attributes else None
        if isinstance(name, str) and name not in ("", "unknown", "data"):
            yield from (name, _OLDER_NAMES.get(name, name.removesuffix("_scene")))
    if "acesImageContainerFlag" in attributes:
        yield "ACES2065-1"
    if "chromaticities" in attributes:
        yield from _named_by_primaries(attributes["chromaticities"].value)


def _named_by_primaries(chromaticities: Any) -> Iterable[str]:
    values = [float(value) for value in chromaticities]
    for name, primaries in _PRIMARIES.items():
        close = (abs(a - b) <= _PRIMARY_TOLERANCE for a, b in zip(values, primaries, strict=False))
        if len(values) == len(primaries) and all(close):
            yield name


def _config_complaint(wanted: str, origin: str, reason: str) -> str:
    import PyOpenColorIO as ocio

    advice = "give an .ocio file or a built-in name"
    if wanted.startswith("ocio://"):
        built_in = [f"ocio://{name}" for name in ocio.BuiltinConfigRegistry()]
        advice = f"built in are {', '.join(difflib.get_close_matches(wanted, built_in, 3, 0.3) or built_in)}"
    elif not Path(wanted).exists():
        reason = "no such file"
    one_line = " ".join(reason.split())
    return f"cannot use the OCIO config '{wanted}' (from {origin}): {one_line}; {advice}, such as {DEFAULT_CONFIG}"


def _space_complaint(config: Any, name: str) -> str:
    known = {
        alias: space.getName() for space in config.getColorSpaces() for alias in (space.getName(), *space.getAliases())
    }
    lower = {alias.lower(): canonical for alias, canonical in known.items()}
    close = dict.fromkeys(lower[match] for match in difflib.get_close_matches(name.lower(), lower, 5, 0.5))
    hint = f"; did you mean {' or '.join(repr(match) for match in close)}?" if close else ""
    return (
        f"no colour space '{name}' in the OCIO config{hint}{_listed(config)} "
        f"(another config: --config; camera log spaces are in {STUDIO_CONFIG})"
    )


def _listed(config: Any) -> str:
    names = space_names(config)
    if len(names) > _MOST_NAMES_LISTED:
        return f"; it has {len(names)}, listed by OCIO's ociocheck --iconfig"
    return f"; it has {', '.join(names)}"
