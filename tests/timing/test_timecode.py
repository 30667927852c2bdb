from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO
import opentimelineio as otio
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vfi_plugin.errors import UsageError
from vfi_plugin.timing import Timecode, parse_rate

NTSC = Fraction(1000, 1001)
RATES = [Fraction(r) for r in (24, 25, 30, 48, 50, 60)] + [r * NTSC for r in (24, 30, 48, 60)]
KINDS = [(rate, False) for rate in RATES] + [(30 * NTSC, True), (60 * NTSC, True)]
FAST = [Fraction(120), 120 * NTSC]


def frames_a_day(rate: Fraction, drops: bool) -> int:
    """Counted label by label: seconds of a day, less what each minute drops."""
    nominal = round(rate)
    dropped = sum(nominal // 15 for minute in range(1440) if minute % 10) if drops else 0
    return nominal * 86400 - dropped


timecodes = st.sampled_from(KINDS).flatmap(
    lambda kind: st.builds(Timecode, st.integers(0, frames_a_day(*kind) - 1), st.just(kind[0]), st.just(kind[1]))
)


@given(timecodes)
def test_labels_agree_with_opentimelineio(timecode: Timecode) -> None:
    rate = float(timecode.rate)
    # OpenTimelineIO starts again after 24 hours of the clock, where labels at 24000/1001 still have 86 seconds to go.
    assume(timecode.frame < 86400 * timecode.rate)
    theirs = otio.opentime.to_timecode(otio.opentime.RationalTime(timecode.frame, rate), rate, timecode.drop_frame)
    assert str(timecode) == theirs


@given(timecodes)
def test_a_label_names_its_frame(timecode: Timecode) -> None:
    assert Timecode.from_text(str(timecode), timecode.rate) == timecode


@given(timecodes)
def test_an_exr_header_gives_the_timecode_back(timecode: Timecode) -> None:
    assert Timecode.from_exr(*timecode.to_exr(), timecode.rate) == timecode


@given(timecodes, st.integers(-(10**7), 10**7), st.integers(-(10**7), 10**7))
def test_adding_frames_adds_up_and_wraps_at_midnight(timecode: Timecode, a: int, b: int) -> None:
    assert timecode + a + b == timecode + (a + b)
    assert timecode + frames_a_day(timecode.rate, timecode.drop_frame) == timecode


@pytest.mark.parametrize(
    ("label", "rate"),
    [
        ("01:02:03:04", 24),
        ("23:59:59:24", 25),
        ("12:34:56;29", "29.97"),
        ("01:00:00:47", 48),
        ("10:20:30:48", 50),
        ("19:45:38;59", "59.94"),
    ],
)
def test_a_file_written_by_openexr_has_the_same_bits(tmp_path: Path, label: str, rate: int | str) -> None:
    timecode = Timecode.from_text(label, rate)
    hours, minutes, seconds, frames = timecode.label
    pair, second = (frames // 2, frames % 2) if timecode.rate > 30 else (frames, 0)
    flags = [int(timecode.drop_frame), 0, second, 0, 0, 0]
    theirs = OpenEXR.TimeCode(hours, minutes, seconds, pair, *flags, *[0] * 8)
    path = str(tmp_path / "one.exr")
    with OpenEXR.File({"timeCode": theirs}, {"Y": np.zeros((1, 1), np.float32)}) as file:
        file.write(path)
    stored = OpenImageIO.ImageBuf(path).spec().getattribute("smpte:TimeCode")
    assert tuple(stored) == timecode.to_exr()
    assert Timecode.from_exr(*stored, rate) == timecode


def test_openimageio_prints_what_the_label_says() -> None:
    spec = OpenImageIO.ImageSpec(1, 1, 1, OpenImageIO.HALF)
    timecode = Timecode.from_text("23:58:41:19", 24)
    spec.attribute("smpte:TimeCode", OpenImageIO.TypeDesc("timecode"), timecode.to_exr())
    assert spec.get_string_attribute("smpte:TimeCode") == "23:58:41:19"


@pytest.mark.parametrize(
    ("rate", "label", "frame"),
    [
        (30 * NTSC, "00:00:59;29", 1799),
        (30 * NTSC, "00:01:00;02", 1800),
        (30 * NTSC, "00:10:00;00", 17982),
        (30 * NTSC, "01:00:00;00", 107892),
        (60 * NTSC, "00:01:00;04", 3600),
        (60 * NTSC, "01:00:00;00", 215784),
        (120 * NTSC, "00:01:00;08", 7200),
        (24 * NTSC, "01:00:00:00", 86400),
        (Fraction(120), "00:00:01:119", 239),
    ],
)
def test_known_labels(rate: Fraction, label: str, frame: int) -> None:
    timecode = Timecode.from_text(label, rate)
    assert timecode.frame == frame
    assert str(timecode) == label


def test_a_rate_change_keeps_the_time_of_day() -> None:
    start = Timecode.from_text("01:00:00:00", 24).at_rate(48)
    assert [str(start + i) for i in (0, 1, 47, 48)] == ["01:00:00:00", "01:00:00:01", "01:00:00:47", "01:00:01:00"]
    assert str(Timecode.from_text("01:00:00:12", 24).at_rate(48)) == "01:00:00:24"
    assert str(Timecode.from_text("01:00:00:12", 24).at_rate("29.97")) == "01:00:00:15"
    assert str(Timecode.from_text("01:00:00:13", 24).at_rate(25)) == "01:00:00:13"
    assert str(Timecode.from_text("00:01:00;02", "29.97").at_rate("59.94")) == "00:01:00;04"
    assert str(Timecode.from_text("00:01:00:00", 24).at_rate("29.97", drop_frame=True)) == "00:01:00;02"
    assert str(Timecode.from_text("00:01:00;02", "29.97").at_rate(24)) == "00:01:00:01"


@given(timecodes)
def test_doubling_the_rate_doubles_the_frame(timecode: Timecode) -> None:
    assert timecode.at_rate(2 * timecode.rate).frame == 2 * timecode.frame
    assert timecode.at_rate(timecode.rate) == timecode


def test_48_fps_is_stored_as_pairs_with_the_field_mark() -> None:
    # Frame 23 and the field mark, bit 15: hours 01, minutes 00, seconds 00.
    assert Timecode.from_text("01:00:00:47", 48).to_exr() == (0x01000023 | 1 << 15, 0)
    assert Timecode.from_text("01:00:00:46", 48).to_exr() == (0x01000023, 0)
    assert str(Timecode.from_exr(0x01008023, 0, 48)) == "01:00:00:47"


def test_flags_and_user_bits_are_carried_along() -> None:
    packed = 0x01000005 | 1 << 7 | 1 << 15 | 1 << 23 | 1 << 30 | 1 << 31
    timecode = Timecode.from_exr(packed, 0xDEADBEEF, 24)
    assert (timecode + 1).to_exr() == (packed + 1, 0xDEADBEEF)
    doubled = timecode.at_rate(48)
    assert doubled.to_exr() == (packed & ~(1 << 15), 0xDEADBEEF)
    assert (doubled + 1).to_exr() == (packed, 0xDEADBEEF)


def test_the_drop_frame_bit_counts_at_multiples_of_30_only() -> None:
    assert Timecode.from_exr(0x01000005 | 1 << 6, 0, "29.97").drop_frame
    assert not Timecode.from_exr(0x01000005 | 1 << 6, 0, 24).drop_frame
    with pytest.raises(UsageError, match=r"01:00:00;05 exists at 29\.97 fps, not at 30"):
        Timecode.from_exr(0x01000005 | 1 << 6, 0, 30)


def test_above_60_fps_a_header_has_no_place() -> None:
    for rate in FAST:
        timecode = Timecode(5, rate)
        assert not timecode.fits_exr
        with pytest.raises(UsageError, match="leave the attribute out"):
            timecode.to_exr()
    assert Timecode(5, Fraction(60)).fits_exr


@pytest.mark.parametrize(
    ("packed", "rate"), [(0x01000024, 24), (0x0000000A, 24), (0x00006000, 24), (0x24000000, 24), (0x00000024, 48)]
)
def test_headers_that_are_no_time_are_refused(packed: int, rate: int) -> None:
    with pytest.raises(UsageError, match=r"no valid|is no timecode"):
        Timecode.from_exr(packed, 0, rate)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("01:00:00", 24),
        ("01:00:00:24", 24),
        ("24:00:00:00", 24),
        ("00:60:00:00", 24),
        ("00:01:00;00", "29.97"),
        ("00:01:00;01", "29.97"),
        ("01:00:00;00", 24),
        ("01:00:00;00", 30),
        ("later", 24),
    ],
)
def test_labels_that_do_not_exist_are_refused(text: str, rate: int | str) -> None:
    with pytest.raises(UsageError, match="timecode"):
        Timecode.from_text(text, rate)


def test_frames_outside_the_day_are_refused() -> None:
    with pytest.raises(UsageError, match="within a day"):
        Timecode(-1, Fraction(24))
    with pytest.raises(UsageError, match="within a day"):
        Timecode(24 * 86400, Fraction(24))
    with pytest.raises(UsageError, match="not possible"):
        Timecode(0, Fraction(0))


@pytest.mark.parametrize(
    ("given_rate", "rate"),
    [
        ("24", Fraction(24)),
        (24, Fraction(24)),
        ("23.976", 24 * NTSC),
        ("23.98", 24 * NTSC),
        (23.976, 24 * NTSC),
        ("23.976023976", 24 * NTSC),
        (24000 / 1001, 24 * NTSC),
        ("24000/1001", 24 * NTSC),
        ("29.97", 30 * NTSC),
        ("47.952", 48 * NTSC),
        ("47.95", 48 * NTSC),
        ("59.94", 60 * NTSC),
        ("119.88", 120 * NTSC),
        ("25.00", Fraction(25)),
        ("12.5", Fraction(25, 2)),
        ("23.5", Fraction(47, 2)),
        ("24 fps", Fraction(24)),
        (Fraction(2997, 100), Fraction(2997, 100)),
        ("2997/100", Fraction(2997, 100)),
    ],
)
def test_rates_are_exact(given_rate: str | float | Fraction, rate: Fraction) -> None:
    assert parse_rate(given_rate) == rate


@pytest.mark.parametrize("rate", ["", "0", "-24", "nan", "inf", "24/0", "film", 0, float("nan"), "1000000", None])
def test_what_is_no_rate_is_refused_with_an_example(rate: object) -> None:
    with pytest.raises(UsageError, match=r"expected 24, 23\.976 or 24000/1001"):
        parse_rate(rate)  # type: ignore[arg-type]
