"""SMPTE timecode and frame rates, exactly: labels, drop-frame, and what fits into an OpenEXR header.

In an EXR the ``timeCode`` attribute is two 32-bit integers; the packing is that of ``TimeCode`` in OpenEXR
(ImfTimeCode.h, "TV60" packing, which is what files hold): BCD fields of SMPTE 12M with two bits for the tens of the
frame number. OpenEXR allows frames 0 to 29 there. Above 30 frames a second SMPTE ST 12-1:2014, section 12, counts pairs
of frames and tells the second of a pair by the field mark (bit 15 here); FFmpeg writes 50 and 60 fps like that too. So
01:00:00:47 at 48 fps is stored as frame 23 with the field mark. Above 60 frames a second nothing fits: leave the
attribute out (`Timecode.fits_exr`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from vfi_plugin.errors import UsageError
from vfi_plugin.timing.exact import Number, exact

_SECONDS_A_DAY = 24 * 60 * 60
_MINUTES_A_DAY = 24 * 60
_NTSC = Fraction(1000, 1001)
_HIGHEST_RATE = 100_000  # above what film cameras for high speed reach; more is a slip of the finger
_HIGHEST_PAIRED_RATE = 60  # pairs of 30, the most that the frame field of ST 12-1 counts

_DROP_FRAME_BIT = 1 << 6
_FIELD_BIT = 1 << 15
# Colour frame and the three binary group flags: kept as they are.
_KEPT_FLAGS = 1 << 7 | 1 << 23 | 1 << 30 | 1 << 31
# (lowest bit, bits of the tens digit, name, limit); the units digit is the four bits below the tens.
_FIELDS = ((0, 2, "frames", 40), (8, 3, "seconds", 60), (16, 3, "minutes", 60), (24, 2, "hours", 24))


def parse_rate(value: Number) -> Fraction:
    """An exact frame rate from ``24``, ``"23.976"``, ``"24000/1001"``, ``"29.97 fps"``.

    Decimals that are a rounded or cut NTSC rate (n * 1000 / 1001) mean that rate: 23.976, 23.98, 29.97, 47.95, 59.94,
    119.88. Other decimals mean themselves.

    Raises:
        UsageError: no number, not above 0, or above 100000.
    """
    text = re.sub(r"\s*fps$", "", str(value).strip()) if isinstance(value, str) else value
    try:
        rate = exact(text)
    except (ValueError, TypeError):
        raise UsageError(f"{value!r} is no frame rate; expected 24, 23.976 or 24000/1001") from None
    if not 0 < rate <= _HIGHEST_RATE:
        raise UsageError(f"a frame rate of {value} is not possible; expected 24, 23.976 or 24000/1001")
    return rate if "/" in str(text) or isinstance(value, Fraction) else _ntsc_or(rate, str(text))


def _ntsc_or(rate: Fraction, text: str) -> Fraction:
    decimals = len(text.partition(".")[2])
    if decimals < 2 or rate.denominator == 1:
        return rate
    candidate = (int(rate) + 1) * _NTSC
    # One unit of the last decimal covers rounding and cutting; floats and long decimals are closer than 1e-9.
    return candidate if abs(candidate - rate) <= max(Fraction(1, 10**decimals), Fraction(1, 10**9)) else rate


@dataclass(frozen=True)
class Timecode:
    """A frame of a day: ``str()`` gives its label, ``+ n`` the one n frames later; after 24 hours it starts again.

    Attributes:
        frame: frames since 00:00:00:00, as counted on the recording (dropped labels are no frames).
        rate: frames a second. Labels count whole frames: 24000/1001 is labelled as 24.
        drop_frame: two labels a minute are left out at 29.97 (four at 59.94...), not in every tenth, so that labels
            keep up with the clock. Only at multiples of 30000/1001.
        user_data: the 32 user bits of an EXR header, carried along.
        flags: other flag bits of an EXR header, carried along.
    """

    frame: int
    rate: Fraction
    drop_frame: bool = False
    user_data: int = 0
    flags: int = 0

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise UsageError(f"a timecode at {self.rate} frames a second is not possible")
        if self.drop_frame and not _can_drop(self.rate):
            raise UsageError(f"drop-frame timecode exists at 29.97, 59.94 and 119.88 fps, not at {_shown(self.rate)}")
        if not 0 <= self.frame < self._frames_a_day:
            raise UsageError(f"frame {self.frame} does not lie within a day at {_shown(self.rate)} fps")

    @classmethod
    def from_text(cls, text: str, rate: Number, *, drop_frame: bool | None = None) -> Timecode:
        """The frame with this label: ``01:00:00:12``, or ``01:00:00;12`` for drop-frame.

        Raises:
            UsageError: no timecode, a field out of range, or a label that drop-frame leaves out.
        """
        match = re.fullmatch(r"(\d\d):(\d\d):(\d\d)([:;.])(\d{2,3})", text.strip(), re.ASCII)
        if match is None:
            raise UsageError(f"{text!r} is no timecode; expected 01:00:00:00, or 01:00:00;00 for drop-frame")
        drops = match[4] in ";." if drop_frame is None else drop_frame
        label = (int(match[1]), int(match[2]), int(match[3]), int(match[5]))
        return cls._from_label(label, parse_rate(rate), drops)

    @classmethod
    def from_exr(cls, time_and_flags: int, user_data: int, rate: Number) -> Timecode:
        """The timecode in an EXR header (TV60 packing) of a clip at ``rate``; above 30 fps it counts pairs.

        The drop-frame bit has a meaning at multiples of 30 only and is ignored elsewhere, as in film files.

        Raises:
            UsageError: fields that are no time at this rate.
        """
        exact_rate = parse_rate(rate)
        count, seconds, minutes, hours = (_unpacked(time_and_flags, *field) for field in _FIELDS)
        flags = time_and_flags & _KEPT_FLAGS
        if _is_paired(exact_rate):
            count = 2 * count + bool(time_and_flags & _FIELD_BIT)
        else:
            flags |= time_and_flags & _FIELD_BIT
        drops = bool(time_and_flags & _DROP_FRAME_BIT) and _nominal(exact_rate) % 30 == 0
        found = cls._from_label((hours, minutes, seconds, count), exact_rate, drops)
        return replace(found, user_data=user_data, flags=flags)

    @classmethod
    def _from_label(cls, label: tuple[int, int, int, int], rate: Fraction, drops: bool) -> Timecode:
        hours, minutes, seconds, count = label
        nominal = _nominal(rate)
        if hours > 23 or minutes > 59 or seconds > 59 or count >= nominal:
            shown = _label(label, drops)
            raise UsageError(f"{shown} is no timecode at {_shown(rate)} fps: 24 hours, 60, 60, {nominal} frames")
        if drops and not _can_drop(rate):
            raise UsageError(f"drop-frame timecode {_label(label, True)} exists at 29.97 fps, not at {_shown(rate)}")
        total_minutes = 60 * hours + minutes
        frame = nominal * (60 * total_minutes + seconds) + count
        if drops:
            dropped = nominal // 15
            if count < dropped and seconds == 0 and minutes % 10:
                raise UsageError(f"drop-frame timecode leaves {_label(label, True)} out; the next is {dropped} on")
            frame -= dropped * (total_minutes - total_minutes // 10)
        return cls(frame, rate, drops)

    @property
    def fits_exr(self) -> bool:
        """Whether `to_exr` can store it: up to 60 frames a second."""
        return _nominal(self.rate) <= _HIGHEST_PAIRED_RATE

    @property
    def label(self) -> tuple[int, int, int, int]:
        """Hours, minutes, seconds and frames as shown."""
        nominal = _nominal(self.rate)
        count = self.frame + (self._labels_dropped_before() if self.drop_frame else 0)
        seconds, frames = divmod(count, nominal)
        minutes, seconds = divmod(seconds, 60)
        return minutes // 60, minutes % 60, seconds, frames

    def to_exr(self) -> tuple[int, int]:
        """``(time and flags, user data)`` for the ``timeCode`` attribute (``smpte:TimeCode`` in OpenImageIO).

        Raises:
            UsageError: above 60 frames a second, which has no place for its frame number.
        """
        if not self.fits_exr:
            raise UsageError(f"an EXR timecode goes up to 60 fps, not {_shown(self.rate)}; leave the attribute out")
        hours, minutes, seconds, frames = self.label
        packed = self.flags & (_KEPT_FLAGS | _FIELD_BIT)
        if _is_paired(self.rate):
            packed = packed & ~_FIELD_BIT | (_FIELD_BIT if frames % 2 else 0)
            frames //= 2
        for value, (lowest, *_) in zip((frames, seconds, minutes, hours), _FIELDS, strict=True):
            packed |= (value // 10 << 4 | value % 10) << lowest
        return packed | (_DROP_FRAME_BIT if self.drop_frame else 0), self.user_data

    def at_rate(self, rate: Number, *, drop_frame: bool | None = None) -> Timecode:
        """The frame that is shown at the same label time at another rate: 01:00:00:12 at 24 is 01:00:00:24 at 48.

        A time between two frames gives the earlier one; a label that drop-frame leaves out gives the next there is.

        Args:
            rate: the new rate.
            drop_frame: None keeps drop-frame where the new rate has it.

        Raises:
            UsageError: drop-frame asked for at a rate that has none.
        """
        new_rate = parse_rate(rate)
        drops = self.drop_frame and _can_drop(new_rate) if drop_frame is None else drop_frame
        hours, minutes, seconds, frames = self.label
        count = frames * _nominal(new_rate) // _nominal(self.rate)
        if drops and seconds == 0 and minutes % 10:
            count = max(count, _nominal(new_rate) // 15)
        moved = self._from_label((hours, minutes, seconds, count), new_rate, drops)
        flags = self.flags & _KEPT_FLAGS if _is_paired(new_rate) else self.flags
        return replace(moved, user_data=self.user_data, flags=flags)

    def __add__(self, frames: int) -> Timecode:
        return replace(self, frame=(self.frame + frames) % self._frames_a_day)

    def __str__(self) -> str:
        return _label(self.label, self.drop_frame)

    @property
    def _frames_a_day(self) -> int:
        nominal = _nominal(self.rate)
        dropped = nominal // 15 * (_MINUTES_A_DAY - _MINUTES_A_DAY // 10) if self.drop_frame else 0
        return nominal * _SECONDS_A_DAY - dropped

    def _labels_dropped_before(self) -> int:
        nominal = _nominal(self.rate)
        dropped = nominal // 15
        minute = 60 * nominal - dropped
        tens, rest = divmod(self.frame, 10 * minute + dropped)
        # The first minute of ten is whole; the nine after it are short.
        return dropped * (9 * tens + max(0, (rest - dropped) // minute))


def _nominal(rate: Fraction) -> int:
    """Labels a second: 24 for 24000/1001."""
    return -(-rate.numerator // rate.denominator)


def _can_drop(rate: Fraction) -> bool:
    nominal = _nominal(rate)
    return nominal % 30 == 0 and rate == nominal * _NTSC


def _is_paired(rate: Fraction) -> bool:
    return _nominal(rate) > 30


def _unpacked(packed: int, lowest: int, tens_bits: int, name: str, limit: int) -> int:
    units = packed >> lowest & 0xF
    tens = packed >> lowest + 4 & (1 << tens_bits) - 1
    if units > 9 or 10 * tens + units >= limit:
        raise UsageError(f"the timecode 0x{packed:08x} of an EXR header has no valid {name}; remove or repair it")
    return 10 * tens + units


def _label(label: tuple[int, int, int, int], drops: bool) -> str:
    hours, minutes, seconds, frames = label
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{';' if drops else ':'}{frames:02d}"


def _shown(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")
