"""Where pictures come from and go to: sequences, image files, movies, and atomic writing.

Movies are written with ``media.movie_writer``, which is not loaded here: FFmpeg is only loaded where a movie is.
"""

from vfi_plugin.media.clip import Clip, SequenceClip, check_uniform
from vfi_plugin.media.header import PartHeader, exact_rate, rate_of
from vfi_plugin.media.image_file import read_header, read_image
from vfi_plugin.media.open_clip import MOVIE_SUFFIXES, open_clip
from vfi_plugin.media.pattern import SequencePattern, find_files, find_frames, parse_frames, parse_pattern
from vfi_plugin.media.writing import EXR_SUFFIXES, clean_leftovers, write_image

__all__ = [
    "EXR_SUFFIXES",
    "MOVIE_SUFFIXES",
    "Clip",
    "PartHeader",
    "SequenceClip",
    "SequencePattern",
    "check_uniform",
    "clean_leftovers",
    "exact_rate",
    "find_files",
    "find_frames",
    "open_clip",
    "parse_frames",
    "parse_pattern",
    "rate_of",
    "read_header",
    "read_image",
    "write_image",
]
