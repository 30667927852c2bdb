"""The protocols by name: which folders, which measures, how many items the published figures are means over.

Numbers of different protocols are never to be compared, so each has a name, which stands beside every number.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.item import Found
from vfi_plugin.evaluate.layouts import clips, numbered_folders, triplets, vimeo90k


@dataclass(frozen=True)
class Protocol:
    """A way to measure.

    Attributes:
        name: by which commands and reports call it.
        about: what is measured, in a line.
        layout: what its folder should hold, for people.
        measures: names; the first decides which frames are the worst.
        find: lists the items, from the folder (for ``clips`` also a file or pattern) and the factor.
        factors: into how many parts the time between two frames may be cut, the default first; 2 alone where a set
            has one true frame for each pair.
        published_items: items in the set that papers report; None where papers differ or there are none.
        has_masks: whether its items say where to measure.
    """

    name: str
    about: str
    layout: str
    measures: tuple[str, ...]
    find: Callable[[str | Path, int], Found]
    factors: tuple[int, ...] = (2,)
    published_items: int | None = None
    has_masks: bool = False

    def factor(self, given: int | None) -> int:
        """The factor to use.

        Raises:
            UsageError: one that this protocol does not have.
        """
        if given is None:
            return self.factors[0]
        if given not in self.factors:
            allowed = ", ".join(map(str, sorted(self.factors)))
            raise UsageError(f"got factor {given}; the protocol {self.name} has {allowed}")
        return given


_PAPERS = ("psnr_rgb8", "ssim_matlab3d", "ssim_gauss_luma")
"""Of recent papers: RIFE's scripts and those written after them; the third is what "SSIM" says by itself."""

_OWN = ("psnr_rgb8", "ssim_gauss_luma", "ie_mean_abs")

PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "middlebury-other",
            "Middlebury's other set: the middle of 12 pairs",
            "other-data/<SEQ>/frame10.png, frame11.png and other-gt-interp/<SEQ>/frame10i11.png, or all in <SEQ>/",
            ("psnr_rgb8", "ssim_skimage7", "ie_mean_abs", "ie_rms_channel", "ie_rms_vector", "ne"),
            triplets.middlebury_other,
            published_items=len(triplets.MIDDLEBURY_OTHER),
        ),
        Protocol(
            "ucf101-379",
            "UCF101's 379 triplets, whole pictures, as CAIN, RIFE and later papers",
            "<N>/frame_00.png, frame_01_gt.png, frame_02.png with N = 1, 11, 21...",
            _PAPERS,
            triplets.ucf101,
            published_items=379,
        ),
        Protocol(
            "ucf101-379-dvf",
            "the same 379 under their motion masks, as Deep Voxel Flow's script",
            "as ucf101-379, with <N>/motion_mask.png there or in a folder beside",
            ("psnr_masked_dvf", "ssim_masked_dvf"),
            triplets.ucf101_dvf,
            published_items=379,
            has_masks=True,
        ),
        Protocol(
            "vimeo90k",
            "Vimeo-90K's 3782 test triplets",
            "tri_testlist.txt and sequences/<A>/<B>/im1.png to im3.png",
            _PAPERS,
            vimeo90k.triplets,
            published_items=3782,
        ),
        Protocol(
            "vimeo90k-septuplet",
            "Vimeo-90K's test septuplets: five frames between the ends, or one between every other pair",
            "sep_testlist.txt and sequences/<A>/<B>/im1.png to im7.png",
            _PAPERS,
            vimeo90k.septuplets,
            factors=(6, 3, 2),
        ),
        Protocol(
            "davis",
            "DAVIS: the middle of every other frame's pair",
            "JPEGImages/480p/<SEQ>/00000.jpg..., and ImageSets/2017/val.txt for the 30 of the validation set",
            _OWN,
            numbered_folders.davis,
            factors=(2, 4, 8),
        ),
        Protocol(
            "adobe240",
            "folders of 240 fps frames: seven between every eighth",
            "<CLIP>/0.png, 1.png... in the folder or one deeper",
            _OWN,
            numbered_folders.adobe240,
            factors=(8, 2, 4),
        ),
        Protocol(
            "x4k",
            "X4K1000FPS's test clips: seven frames between frames 0 and 32",
            "<TYPE>/<CLIP>/0000.png to 0032.png",
            _OWN,
            numbered_folders.x4k,
            factors=(8, 2, 4, 16, 32),
        ),
        Protocol(
            "clips",
            "clips of your own: dropped frames made again, shot by shot",
            "a movie or image sequence, or a folder of them",
            _OWN,
            clips.clips,
            factors=(2, 4, 8),
        ),
    )
}


def protocol_named(name: str) -> Protocol:
    """The protocol.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in PROTOCOLS:
        close = difflib.get_close_matches(name, PROTOCOLS, n=1)
        hint = f"; did you mean {close[0]}?" if close else "."
        raise UsageError(f"there is no protocol {name!r}{hint} Known are {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
