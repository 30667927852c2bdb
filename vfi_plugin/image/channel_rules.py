"""The built-in rules that tell a layer's class from its name: an ordered table, the first match wins.

No standard defines these names. They are the ones that renderers and hosts write (Nuke, Arnold, 3Delight, RenderMan,
Redshift, V-Ray, Karma, Blender, Cycles, MoonRay, Unreal, Fusion), collected from their documentation and sources.
Whole words are matched, never parts of words: "noise" holds no "n" and "video" no "id".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vfi_plugin.image.channel_class import ChannelClass
from vfi_plugin.image.channel_names import candidates, flat, snake

EXACT_CONFIDENCE = 0.9
WORD_CONFIDENCE = 0.7


@dataclass(frozen=True)
class NameRule:
    """One row of the table.

    Attributes:
        number: the row's number, as printed for people.
        channel_class: what a match means.
        exact: flat names (see ``channel_names.flat``) that match as a whole.
        words: matched within the snake form, at word borders only; or None.
        capital_only: flat names that count only with a capital letter ("N" is the normal, "n" may be anything).
    """

    number: str
    channel_class: ChannelClass
    exact: frozenset[str]
    words: re.Pattern[str] | None = None
    capital_only: frozenset[str] = frozenset()

    def confidence(self, name: str) -> float:
        """How sure a match on ``name`` is; 0 is no match."""
        if flat(name) in self.exact and not (flat(name) in self.capital_only and name == name.lower()):
            return EXACT_CONFIDENCE
        return WORD_CONFIDENCE if self.words and self.words.search(snake(name)) else 0.0


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _words(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(^|_)({alternatives})(_|$)")


NAME_RULES: tuple[NameRule, ...] = (
    NameRule(
        "6", ChannelClass.VARIANCE, _names("variance mse noiseestimate"), re.compile(r"(^|_)variance(_|$)|_(var|mse)$")
    ),
    NameRule(
        "8",
        ChannelClass.MOTION,
        _names(
            "forward backward motion motionvector motionvectors motionvec vector backvector velocity vrayvelocity mv "
            "mvec motionfore motionback dpdtime dpcameradtime speed flow opticalflow smartvector velx vely vecx vecy "
            "backvecx backvecy"
        ),
        re.compile(r"(^|_)motion_?vec"),
    ),
    NameRule("9", ChannelClass.STMAP, _names("stmap lensdistortion undistort redistort distortionmap")),
    NameRule("10", ChannelClass.DISPARITY, _names("disparity disparityl disparityr")),
    NameRule("11", ChannelClass.UV, _names("uv st texcoord texcoords texturecoords uvw uvmap")),
    NameRule(
        "12",
        ChannelClass.DEPTH,
        _names("z zback zdepth depth vrayzdepth worlddepth zfiltered zlinear zdistance pz hitpz vlen"),
        _words("z_depth|depth"),
    ),
    NameRule(
        "13",
        ChannelClass.POSITION,
        _names("p pref wpref pworld pg ps worldposition worldpos position hitp"),
        _words("position|worldpos|wpos|pos"),
        capital_only=_names("p"),
    ),
    NameRule(
        "14",
        ChannelClass.NORMAL,
        _names("n nn ng ngn ns normal normals worldnormal vraynormals bumpnormals nworld nref denoisingnormal tn vn"),
        _words("normals?|nrm"),
        capital_only=_names("n"),
    ),
    # Before the IDs: RenderMan's MatteID0 to MatteID7 are mattes.
    NameRule(
        "15c",
        ChannelClass.MATTE,
        _names(
            "mask matte opacity coverage puzzlematte multimatte multimatteelement shadowmatte mist holdout presence "
            "matteid"
        ),
        _words("matte|mask|msk"),
    ),
    NameRule(
        "15a",
        ChannelClass.ID,
        _names(
            "id objectid materialid vrayobjectid vraymtlid vrayrenderid indexob indexma primid instanceid rawid "
            "idgeometry idscenepath idsurfaceshader segmentation clownpass"
        ),
        _words("id|index_ob|index_ma"),
    ),
    NameRule(
        "15b",
        ChannelClass.COUNT,
        _names("samplecount samples aainvdensity cputime rendertime heatmap adaptiveauxbuffer"),
        _words("sample_count"),
    ),
)
COUNT_RULE = NAME_RULES[-1]

LIGHT_TERMS = _names(
    "ao ambientocclusion occlusion diffuse specular spec shadow shadows emission reflection refraction sss subsurface "
    "direct indirect albedo volume transmission coat sheen background lighting luminance beauty gi"
)
"""Flat names of passes of light that some renderers write as one bare channel."""

# A picture that was blurred or defocused, or the picture itself, whatever other word its name holds.
_PICTURE = re.compile(r"(^|_)(depth_of_field|dof|beauty|rgba?|motion_blur[a-z]*)(_|$)")
_CRYPTOMATTE = re.compile(r"u?crypto(?!graph|curren)|vraycryptomatte|actorhitproxymask")


@dataclass(frozen=True)
class Match:
    """A class, the rule that found it, how sure it is, and what a person should know."""

    channel_class: ChannelClass
    rule: str
    confidence: float
    warnings: tuple[str, ...] = ()
    crypto_name: str = ""


def match_name(name: str) -> Match | None:
    """The class that a layer's (or bare channel's) name tells, or None (rules 6 to 15)."""
    variance, *others = NAME_RULES
    if found := _match(variance, name):
        return found
    if _PICTURE.search(snake(name.rpartition(".")[2])):
        return None
    return next((found for rule in others if (found := _match(rule, name))), None)


def _match(rule: NameRule, name: str) -> Match | None:
    confidence = max(rule.confidence(candidate) for candidate in candidates(name))
    return (
        Match(rule.channel_class, f"{rule.number} {rule.channel_class.value} name", confidence) if confidence else None
    )


def looks_like_cryptomatte(layer: str) -> bool:
    """Whether a layer's name, or a piece of it, begins as cryptomatte layers do (rule 5)."""
    return any(_CRYPTOMATTE.match(candidate.lower()) for candidate in candidates(layer))
