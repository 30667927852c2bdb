"""Frames whose light jumps and comes back, and frames without a picture.

FLASH: the light of one to ``LONGEST_FLASH`` frames jumps up or down at once and comes back at once to what it was. The
jump is the median, over 96 cells of the picture, of the ratio of their lumas in the guide, so that it takes most of
the picture to change, and motion does not count; cells that are black or white in both frames are left out. The
threshold is a factor of 1.11 in the guide. In 67 clean clips nothing comes nearer to it than 0.17 times; of flashes of
1.5, 2 and 4 times and dark ones of 0.4 and 0.15 times put into them, 95 to 97 % are found, of those of 4 times 93 %:
what clips can look like noise, and is TORN then. Not found, on purpose:

- what stays or decays slowly (an explosion, a lamp that is switched on, a fade): it has to come back within 3 frames;
- a strobe: where light jumps back and forth more than twice within ``STROBE_WINDOW`` frames on either side, the light
  is meant. A single photo flash, or two, is reported: it is what people repair;
- a flash that lights less than about two thirds of the picture.

BLACK: one to ``LONGEST_BLACK`` frames of one flat colour, black or not, in a shot that has a picture at once before and
at once after. A fade to black, the black between two shots, and black at the ends of a clip are no faults. What is flat
and as light as the lightest of the frames around is a FLASH that left nothing: white, wherever the file ends.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vfi_plugin.models.dis.flow import single_threaded_opencv
from vfi_plugin.repair.frame_series import FLAT, FrameSeries, Numbers, Strengths, contrast_of, has_picture
from vfi_plugin.repair.look import Look
from vfi_plugin.repair.pair_alignment import Alignment, Plane
from vfi_plugin.repair.tearing import is_foreign, is_unrelated, noise_gain

LONGEST_FLASH = 3
"""A flash of film or video takes 1 to 3 frames; what is longer is light of the scene."""

LONGEST_BLACK = 5
"""Longer black is meant, or another shot begins after it."""

STROBE_WINDOW = 12
"""Frames on either side in which flashes are counted: half a second."""

_STROBE = 2
"""More flashes than that in the window are meant."""

_JUMP = 0.15
"""log2 of the smallest ratio of guide values, 1.11, that counts: clean clips change by a sixth of that at most; on
snow, where most is white already, a flash of 1.65 times leaves 0.17."""

_RETURNS = 0.4
"""What may be left of the jump after the flash: explosions that decay have more."""

_UNSTEADY = 3.0
"""A jump is at least so many times the largest change of light just outside it, else the light flickers anyway."""

_EVEN = 0.22
"""The fifth of the cells that changed least has at least this part of the jump: the light of all changed."""

_CELLS = (8, 12)
"""Rows and columns of cells: larger than most of what moves in a frame, and 96 make a firm median."""

_LEAST_CELLS = 6
"""Cells, of 96, that must show something for the light to be judged."""

_NOISE = 2.0
"""Times the gain of fine structure that noise brings: a flash that clips brings some, noise at least that, and
a quarter of it where the structure is not that of the picture either, a tenth where nothing of it is."""

_DARK = 0.02
"""Added to lumas before the ratio: below it, 5 of 255, ratios are those of noise."""

_PICTURE = 2 * FLAT
"""The same of a frame that has one, and ..."""

_OVER_FLAT = 3.0
"""... a multiple of the contrast of the flat frame, which is grain alone."""

_FADES = 0.8
"""A neighbour with less than this part of the contrast of the frame beyond it is a step of a fade."""

_CLEAREST = 10.0
"""Strength of what leaves no doubt at all."""

_BLACK = 0.1
"""Luma up to which a cell tells nothing: black in broadcast levels is 0.06, and light does not change it."""

_WHITE = 0.9
"""Luma from which on a cell is overexposed."""


def numbers_of(look: Look) -> dict[str, float]:
    """``low``, ``middle``, ``high``: percentiles 5, 50 and 95 of a readable look's luma, grain averaged out."""
    cv2, picture = single_threaded_opencv(), look.luma
    # Means of 4 x 4 px: 8,000 of them tell a percentile within a fraction of a per cent, and grain falls to a quarter.
    height, width = (max(side // 4, 1) for side in picture.shape)
    coarse = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    low, middle, high = np.percentile(coarse, (5, 50, 95))
    return {"low": float(low), "middle": float(middle), "high": float(high)}


def pair_numbers(alignment: Alignment) -> dict[str, float]:
    """``gain``, ``gain_low``, ``gain_high``: the 50th, 20th and 80th percentile over cells of log2 of luma ratios."""
    before, after = _cells(alignment.before), _cells(alignment.after)
    # What is black or white in both frames cannot tell how the light changed.
    tells = (np.maximum(before, after) > _BLACK) & (np.minimum(before, after) < _WHITE)
    if np.count_nonzero(tells) < _LEAST_CELLS:
        return {"gain": 0.0, "gain_low": 0.0, "gain_high": 0.0}
    ratios = np.log2((after[tells] + _DARK) / (before[tells] + _DARK))
    low, middle, high = np.percentile(ratios, (20, 50, 80))
    return {"gain": float(middle), "gain_low": float(low), "gain_high": float(high)}


def _cells(picture: Plane) -> Plane:
    cv2 = single_threaded_opencv()
    cells: Plane = cv2.resize(picture, _CELLS[::-1], interpolation=cv2.INTER_AREA)
    return cells


def blacks(series: FrameSeries) -> Strengths:
    """How clearly each frame lacks a picture; 0 where there is one or where that is no fault."""
    strengths: Strengths = [0.0] * len(series)
    for run in _flat_runs(series):
        for place in run if not _is_white(series, run) else ():
            strengths[place] = _flatness(series, place)
    return strengths


def _flat_runs(series: FrameSeries) -> Iterator[range]:
    """Runs of frames without a picture that have frames with one at once before and after."""
    flat = [not has_picture(numbers) for numbers in series.measures]
    for run in series.runs(LONGEST_BLACK):
        if not all(flat[place] for place in run):
            continue
        least = max(_PICTURE, _OVER_FLAT * max(contrast_of(series.measures[place]) for place in run))
        if _has_picture(series, run[0] - 1, -1, least) and _has_picture(series, run[-1] + 1, 1, least):
            yield run


def _flatness(series: FrameSeries, place: int) -> float:
    return min(FLAT / max(contrast_of(series.measures[place]), 1e-3), _CLEAREST)


def why_black(series: FrameSeries, places: range) -> str:
    """For the report."""
    level = series.measures[places[0]]["middle"]
    what = "black" if level < 0.05 else "one flat colour"
    return f"no picture ({what}, luma {level:.2f} of 1) between frames that have one"


def why_flash(series: FrameSeries, places: range) -> str:
    """For the report."""
    pair = series.pair(places[0]) or {"gain": 0.0}
    way = "brighter" if pair["gain"] > 0 else "darker"
    return f"{2 ** abs(pair['gain']):.2f} times {way} in the guide than the frame before, and back"


def _is_white(series: FrameSeries, run: range) -> bool:
    """Whether frames without a picture are overexposed: as light as the lightest of what is on either side."""
    lightest = max(series.measures[place]["high"] for place in (run.start - 1, run.stop))
    return all(series.measures[place]["middle"] >= lightest for place in run)


def _has_picture(series: FrameSeries, place: int, away: int, least: float) -> bool:
    """Whether a frame shows something and is no step of a fade towards the side opposite to ``away``."""
    contrast = contrast_of(series.measures[place])
    if contrast < least:
        return False
    beyond = place + away
    return not series.is_good(beyond, place) or contrast >= _FADES * contrast_of(series.measures[beyond])


def flashes(series: FrameSeries) -> Strengths:
    """The jump of light at each frame that comes back, relative to the smallest that counts; None at ends of shots."""
    strengths: Strengths = [None] * len(series)
    for run in series.runs(LONGEST_FLASH):
        strength = _jump_of(series, run)
        for place in run if strength is not None else ():
            strengths[place] = max(strengths[place] or 0.0, strength or 0.0)
    for run in _flat_runs(series):
        for place in run if _is_white(series, run) else ():
            strengths[place] = max(strengths[place] or 0.0, _flatness(series, place))
    return _without_strobes(strengths)


def _jump_of(series: FrameSeries, run: range) -> float | None:
    pairs = [series.pair(place) for place in range(run.start, run.stop + 1)]
    known = [pair for pair in pairs if pair is not None]
    if len(known) < len(pairs):
        return None
    gains = np.array([pair["gain"] for pair in known])
    jump, back = gains[0], gains[-1]
    size = float(min(abs(jump), abs(back)))
    inside = np.cumsum(gains)[:-1] / (jump or 1.0)
    if jump * back >= 0 or inside.min() < 0.5 or abs(gains.sum()) > _RETURNS * size or _is_garbage(known[0], known[-1]):
        return 0.0
    if not (_is_even(known[0]) and _is_even(known[-1])):
        return 0.0
    outside = [series.pair(place) for place in (run.start - 2, run.start - 1, run.stop + 1, run.stop + 2)]
    flicker = max((abs(pair["gain"]) for pair in outside if pair is not None), default=0.0)
    return size / max(_JUMP, _UNSTEADY * flicker)


def _is_garbage(into: Numbers, out: Numbers) -> bool:
    gain = noise_gain(into, out)
    part = 1 / 10 if is_foreign(into, out) else 1 / 4 if is_unrelated(into, out) else 1
    return gain >= _NOISE * part


def _is_even(pair: Numbers) -> bool:
    """Whether nearly all cells changed the same way."""
    least = pair["gain_low"] if pair["gain"] > 0 else -pair["gain_high"]
    return least >= _EVEN * abs(pair["gain"])


def _without_strobes(strengths: Strengths) -> Strengths:
    bright = [strength is not None and strength >= 1 for strength in strengths]
    begins = [now and not before for before, now in zip([False, *bright], bright, strict=False)]
    return [
        0.0 if found and sum(begins[max(0, n - STROBE_WINDOW) : n + STROBE_WINDOW + 1]) > _STROBE else strength
        for n, (strength, found) in enumerate(zip(strengths, bright, strict=True))
    ]
