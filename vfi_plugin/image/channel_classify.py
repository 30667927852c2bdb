"""From a header to the meaning of every channel: metadata before type, type before name, name before fallback.

No standard defines the names of render passes, so each verdict carries the rule that gave it and how sure it is, and
every one can be overridden. A wrong guess must be harmless: what is not known is picked and never averaged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from vfi_plugin.errors import UsageError
from vfi_plugin.image.channel_class import (
    FLOAT_TYPES,
    HALF_TYPES,
    TREATMENTS,
    UINT_TYPES,
    ChannelClass,
    ChannelRole,
    PartDescription,
    Treatment,
)
from vfi_plugin.image.channel_names import (
    ALPHA_SUFFIXES,
    COLOR_SUFFIXES,
    DEPTH_SUFFIXES,
    PLAIN_SUFFIXES,
    flat,
    is_luminance,
)
from vfi_plugin.image.channel_overrides import ChannelMap, ChannelRule
from vfi_plugin.image.channel_rules import COUNT_RULE, LIGHT_TERMS, Match, looks_like_cryptomatte, match_name
from vfi_plugin.image.channel_sight import Sight, look_at

# How sure a verdict is. Told by metadata or by the file's type: certain. Names that OpenEXR itself reserves: nearly.
# Known last pieces of an unknown layer: probably. The rest are guesses, and lie below LOW_CONFIDENCE.
_TOLD, _RESERVED, _PROBABLE, _GUESS, _UNKNOWN = 1.0, 0.95, 0.75, 0.4, 0.2
# A name is weaker evidence where it is a part's (OpenEXR: readers should not depend on those) or one channel's own,
# but a known word there is still more than a guess.
_OF_A_PART = _OF_A_CHANNEL = 0.9

# DWAA and DWAB transform channels whose last piece means colour, in float as in half, whatever their layer is
# (OpenEXRCore, internal_dwa_classifier.h). PXR24 cuts float to 24 bits, B44 packs half into fewer.
_DWA_SUFFIXES = frozenset({"r", "g", "b", "red", "green", "blue", "y", "ry", "by"})
_DAMAGED_BY_LOSS = frozenset(
    {
        ChannelClass.CRYPTO,
        ChannelClass.ID,
        ChannelClass.DEPTH,
        ChannelClass.POSITION,
        ChannelClass.NORMAL,
        ChannelClass.MOTION,
        ChannelClass.DISPARITY,
        ChannelClass.UV,
        ChannelClass.STMAP,
    }
)
_BY_MODE = {"pick": Treatment.PICK, "blend": Treatment.BLEND, "copy": Treatment.COPY, "drop": Treatment.DROP}
_BY_DEEP = {"nearest": Treatment.COPY, "refuse": Treatment.REFUSE, "drop": Treatment.DROP}


def classify(parts: Sequence[PartDescription], overrides: ChannelMap | None = None) -> tuple[ChannelRole, ...]:
    """The role of every channel of a file, in file order; never fails on a strange header.

    Raises ``UsageError`` only where ``overrides`` ask for an error on a guess (``report: error``).
    """
    given = overrides or ChannelMap()
    roles = tuple(_role(sight, given) for sight in look_at(parts, given.views))
    guesses = [role.channel for role in roles if not role.is_certain]
    if given.report == "error" and guesses:
        raise UsageError(
            f"the meaning of {len(guesses)} channels is a guess ({', '.join(guesses[:8])}): "
            "name their class in a rule, or set report to warn"
        )
    return roles if given.report != "off" else tuple(replace(role, warnings=()) for role in roles)


def _role(sight: Sight, given: ChannelMap) -> ChannelRole:
    override = _override(sight, given)
    found = Match(override.channel_class, f"0 override {override.match}", _TOLD) if override else _built_in(sight)
    if found.channel_class is ChannelClass.CRYPTO and not found.crypto_name:
        found = replace(found, crypto_name=_cryptomatte_of(sight) or sight.layer.rstrip("0123456789"))
    return ChannelRole(
        part=sight.part,
        channel=sight.name.full,
        pixel_type=sight.pixel_type,
        view=sight.name.view,
        layer=sight.layer,
        suffix=sight.name.suffix,
        channel_class=found.channel_class,
        rule=found.rule,
        confidence=round(found.confidence, 2),
        treatment=_treatment(found, sight, override, given),
        warnings=found.warnings + _losses(found, sight),
        options=override.options if override else {},
        crypto_name=found.crypto_name,
    )


def _override(sight: Sight, given: ChannelMap) -> ChannelRule | None:
    names = (sight.name.full, sight.name.without_view)
    found = next((rule for rule in given.rules if rule.matches(sight.description.name, names)), None)
    # Deep samples cannot become anything else by being called so; they can be left out, or copied as they are anyway.
    if found and _is_deep(sight) and found.channel_class not in (ChannelClass.DROP, ChannelClass.COPY):
        return None
    return found


def _built_in(sight: Sight) -> Match:
    return next((found for rule in _RULES if (found := rule(sight))), _NO_RULE)


def _is_deep(sight: Sight) -> bool:
    return sight.description.is_deep or sight.description.text("type").startswith("deep")


def _deep(sight: Sight) -> Match | None:
    return Match(ChannelClass.DEEP, "1 deep part", _TOLD) if _is_deep(sight) else None


def _cryptomatte_by_metadata(sight: Sight) -> Match | None:
    name = _cryptomatte_of(sight)
    return Match(ChannelClass.CRYPTO, "2 cryptomatte metadata", _TOLD, crypto_name=name) if name else None


def _cryptomatte_of(sight: Sight) -> str:
    """The declared cryptomatte whose preview or numbered layer this is, as the layer spells it, or ""."""
    for name in sight.cryptomattes:
        for layer in (sight.layer, sight.name.full.rpartition(".")[0]):
            if found := re.fullmatch(rf"{re.escape(name)}(\d*)", layer, re.IGNORECASE):
                return sight.layer.removesuffix(found[1])
    return ""


def _unsigned(sight: Sight) -> Match | None:
    if sight.pixel_type not in UINT_TYPES:
        return None
    is_count = any(COUNT_RULE.confidence(name) for name in (sight.layer, sight.name.suffix))
    return Match(ChannelClass.COUNT if is_count else ChannelClass.ID, "3 unsigned integers", _RESERVED)


def _bare(sight: Sight) -> Match | None:
    """Rule 4 and the pairs and triples of bare names."""
    if sight.layer:
        return None
    suffix, siblings = sight.suffix, sight.siblings
    if suffix in COLOR_SUFFIXES or is_luminance(suffix, siblings):
        return Match(ChannelClass.COLOR, "4 bare color", _RESERVED)
    if suffix in ALPHA_SUFFIXES:
        return Match(ChannelClass.ALPHA, "4 bare alpha", _RESERVED)
    if suffix in {"x", "y", "z", "w"} and {"x", "y"} <= siblings:
        warning = (
            "bare X Y Z may be a position, a normal or CIE color: one frame's value is picked; name the class in a rule"
        )
        return Match(ChannelClass.DATA, "4b bare xyz", _GUESS, (warning,))
    if suffix == "y":
        warning = "Y with Z and without X is taken for luminance with depth"
        return Match(ChannelClass.COLOR, "4 bare y with z", _PROBABLE, (warning,))
    if suffix in {"u", "v", "w"} and {"u", "v"} <= siblings:
        return Match(ChannelClass.UV, "11 bare uv", _PROBABLE)
    if suffix in {"nx", "ny", "nz"} and {"nx", "ny", "nz"} <= siblings:
        return Match(ChannelClass.NORMAL, "14 bare nx ny nz", _RESERVED)
    return None


def _cryptomatte_by_name(sight: Sight) -> Match | None:
    base = re.sub(r"\d{2,}$", "", sight.layer)
    is_numbered = any(re.fullmatch(rf"{re.escape(base)}\d{{2,}}", layer) for layer in sight.layers)
    if not looks_like_cryptomatte(sight.layer) or not is_numbered or sight.pixel_type not in FLOAT_TYPES | HALF_TYPES:
        return None
    warning = "looks like a cryptomatte, but the header does not declare it"
    return Match(ChannelClass.CRYPTO, "5 cryptomatte name", _PROBABLE, (warning,), base)


def _named(sight: Sight) -> Match | None:
    """Rules 6 to 15: the layer's name, then the channel's own where that is more than an axis or a color."""
    if sight.layer and (found := match_name(sight.layer)):
        found = replace(found, confidence=found.confidence * (_OF_A_PART if sight.is_named_by_part else 1.0))
        return _with_coverage(found, sight)
    if sight.layer and sight.suffix in PLAIN_SUFFIXES:
        return None
    own = match_name(sight.name.suffix)
    return replace(own, confidence=own.confidence * _OF_A_CHANNEL) if own and sight.layer else own


def _with_coverage(found: Match, sight: Sight) -> Match:
    """The alpha beside vectors or normals is the coverage of the object, which blends."""
    if sight.suffix in ALPHA_SUFFIXES and found.channel_class in (ChannelClass.MOTION, ChannelClass.NORMAL):
        return replace(found, channel_class=ChannelClass.MATTE, rule=f"{found.rule}, alpha")
    return found


def _by_suffix(sight: Sight) -> Match | None:
    """Rules 16 to 18."""
    suffix = sight.suffix
    if suffix in COLOR_SUFFIXES or is_luminance(suffix, sight.siblings):
        return _doubted(Match(ChannelClass.COLOR, "16 color suffix", _PROBABLE), sight)
    if suffix in ALPHA_SUFFIXES:
        return Match(ChannelClass.ALPHA, "17 alpha suffix", _PROBABLE)
    if suffix in DEPTH_SUFFIXES and sight.siblings.isdisjoint({"x", "y"}):
        return Match(ChannelClass.DEPTH, "18 depth suffix", _PROBABLE)
    return None


def _doubted(color: Match, sight: Sight) -> Match:
    """What speaks against colour: a letter that means data in capitals, a part declared as data, a wider type."""
    if flat(sight.layer.rpartition(".")[2]) in ("n", "p"):
        warning = "taken for color; a capital N or P would be normals or positions"
        return replace(color, confidence=_GUESS, warnings=(warning,))
    if sight.description.text("colorInteropID").lower() == "data":
        return replace(color, confidence=_GUESS, warnings=("taken for color, but the part is declared as data",))
    types = dict(sight.description.channels)
    if sight.pixel_type in FLOAT_TYPES and types.get("R") in HALF_TYPES:
        return replace(color, warnings=("taken for color; float in a file of half color is often data",))
    return color


def _light(sight: Sight) -> Match | None:
    is_light = not sight.layer and flat(sight.name.suffix) in LIGHT_TERMS
    return Match(ChannelClass.COLOR, "19 bare light pass", _PROBABLE) if is_light else None


_RULES: tuple[Callable[[Sight], Match | None], ...] = (
    _deep,
    _cryptomatte_by_metadata,
    _unsigned,
    _bare,
    _cryptomatte_by_name,
    _named,
    _by_suffix,
    _light,
)
_NO_RULE = Match(ChannelClass.DATA, "20 unknown", _UNKNOWN, ("no rule knows this name: name its class in a rule",))


def _treatment(found: Match, sight: Sight, override: ChannelRule | None, given: ChannelMap) -> Treatment:
    mode = str(override.options.get("mode", "")) if override else ""
    if found.channel_class is ChannelClass.DEEP:
        return _BY_DEEP[given.deep]
    if found.channel_class is ChannelClass.CRYPTO:
        is_list = sight.layer != found.crypto_name and sight.pixel_type in FLOAT_TYPES
        return Treatment.MERGE if is_list and (mode or given.crypto) == "merge" else Treatment.PICK
    if found.channel_class is ChannelClass.DATA and not override:
        return _BY_MODE[given.unknown]
    if mode == "blend" and found.channel_class is ChannelClass.VARIANCE:
        return Treatment.SQUARED
    return _BY_MODE[mode] if mode else TREATMENTS[found.channel_class]


def _losses(found: Match, sight: Sight) -> tuple[str, ...]:
    """Ways in which the file itself may already have damaged data: too short a type, a lossy compression."""
    is_crypto = found.channel_class is ChannelClass.CRYPTO
    if is_crypto and sight.layer == found.crypto_name:
        return ()  # the preview is for eyes only: half and lossy is what it usually is
    warnings = []
    if is_crypto and sight.pixel_type in HALF_TYPES:
        warnings.append("cryptomatte in half: its IDs are corrupt, one frame's values are picked")
    compression = sight.description.text("compression").lower().partition(":")[0]
    if found.channel_class in _DAMAGED_BY_LOSS and _is_lossy(compression, sight):
        warnings.append(f"{compression} compression is lossy here: {found.channel_class.value} values may be damaged")
    return tuple(warnings)


def _is_lossy(compression: str, sight: Sight) -> bool:
    if compression in ("dwaa", "dwab"):
        return sight.suffix in _DWA_SUFFIXES and sight.pixel_type not in UINT_TYPES
    if compression in ("b44", "b44a"):
        return sight.pixel_type in HALF_TYPES
    return compression == "pxr24" and sight.pixel_type in FLOAT_TYPES
