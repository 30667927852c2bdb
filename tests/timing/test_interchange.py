from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vfi_plugin.errors import TimeMapError, WriteError
from vfi_plugin.timing import TimeMap

RAMP = {1001: 1, 1041: 41, 1081: 51, 1101: 51, 1141: 31}
PAIRS = "x1001 1 x1041 41 x1081 51 x1101 51 x1141 31"
SUFFIXES = (".csv", ".txt", ".nk", ".otio")

values = st.fractions(-200, 2000, max_denominator=997)
interpolations = st.sampled_from(["linear", "smooth", "hold"])
key_lists = st.lists(st.tuples(st.integers(1, 12), values, interpolations), min_size=1, max_size=6)


def map_of(steps: list[tuple[int, Fraction, str]]) -> TimeMap:
    keys, out = [], 1000
    for step, source, interpolation in steps:
        out += step
        keys.append((out, source, interpolation))
    return TimeMap.from_keys(keys)  # type: ignore[arg-type]


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(steps=key_lists)
@settings(max_examples=40, deadline=None)
def test_any_keys_come_back_equal(tmp_path_factory: pytest.TempPathFactory, suffix: str, steps: list) -> None:
    made = map_of(steps)
    path = tmp_path_factory.mktemp("maps") / f"map{suffix}"
    made.to_file(path)
    assert TimeMap.from_file(path) == made


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(
    speed=st.fractions(Fraction(1, 20), 20, max_denominator=1001),
    sign=st.sampled_from((1, -1)),
    first=st.integers(-500, 2000),
    length=st.integers(1, 120),
    start=st.integers(-500, 2000),
)
@settings(max_examples=40, deadline=None)
def test_any_constant_speed_comes_back_equal(
    tmp_path_factory: pytest.TempPathFactory,
    suffix: str,
    speed: Fraction,
    sign: int,
    first: int,
    length: int,
    start: int,
) -> None:
    made = TimeMap.constant(sign * speed, first=first, last=first + length - 1, start=start)
    path = tmp_path_factory.mktemp("maps") / f"map{suffix}"
    made.to_file(path)
    assert TimeMap.from_file(path) == made


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("interpolation", ["linear", "smooth", "hold"])
def test_animated_speed_comes_back_equal(tmp_path: Path, suffix: str, interpolation: str) -> None:
    keys = {1: 1, 13: "1/3", 20: -0.5, 31: 0}
    made = TimeMap.from_speed_keys(keys, source_first=100, interpolation=interpolation)  # type: ignore[arg-type]
    made.to_file(tmp_path / f"m{suffix}")
    assert TimeMap.from_file(tmp_path / f"m{suffix}") == made


@pytest.mark.parametrize("interpolation", ["linear", "smooth"])
def test_all_forms_of_the_acceptance_ramp_are_the_same_map(tmp_path: Path, interpolation: str) -> None:
    letter = {"linear": "L", "smooth": "S"}[interpolation]
    rows = "".join(f"{out},{source},{interpolation}\n" for out, source in RAMP.items())
    curve = f"{{{{curve {letter} {PAIRS}}}}}"
    files = [
        written(tmp_path / "rows.csv", rows),
        written(tmp_path / "curve.txt", curve),
        written(tmp_path / "warp.nk", f"TimeWarp {{\n lookup {curve}\n name T1\n}}\n"),
        written(tmp_path / "kronos.nk", f"Kronos {{\n timing2 Frame\n timingFrame2 {curve}\n name K1\n}}\n"),
    ]
    expected = TimeMap.from_keys(RAMP, interpolation=interpolation)  # type: ignore[arg-type]
    for path in files:
        assert TimeMap.from_file(path) == expected
    assert expected.output_range == (1001, 1141)


def test_the_constant_part_of_the_ramp_as_a_linear_time_warp(tmp_path: Path) -> None:
    clip = otio.schema.Clip("shot", source_range=span(41, 41), effects=[otio.schema.LinearTimeWarp(time_scalar=0.25)])
    made = TimeMap.from_file(timeline(tmp_path, clip))
    ramp = TimeMap.from_keys(RAMP)
    assert [made.position(n) for n in made.frames] == [ramp.position(n) for n in range(1041, 1082)]
    assert made.output_range == (41, 81)


def span(start: float, duration: float, rate: float = 24) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(duration, rate))


def timeline(folder: Path, *clips: otio.schema.Clip) -> Path:
    track = otio.schema.Track(children=list(clips))
    path = folder / "cut.otio"
    otio.adapters.write_to_file(otio.schema.Timeline("cut", tracks=[track]), str(path))
    return path


def test_otio_effects(tmp_path: Path) -> None:
    warp, freeze = otio.schema.LinearTimeWarp, otio.schema.FreezeFrame
    clips = [
        otio.schema.Clip("half", source_range=span(10, 5), effects=[warp(time_scalar=0.5)]),
        otio.schema.Clip("held", source_range=span(20, 3), effects=[freeze()]),
        otio.schema.Clip("back", source_range=span(30, 4), effects=[warp(time_scalar=-1.0)]),
        otio.schema.Clip("both", source_range=span(0, 3), effects=[warp(time_scalar=3.0), warp(time_scalar=1 / 3)]),
        otio.schema.Clip("plain", source_range=span(7, 2)),
    ]
    path = timeline(tmp_path, *clips)
    half = Fraction(1, 2)
    expected = {
        "half": [10, 10 + half, 11, 11 + half, 12],
        "held": [20, 20, 20],
        "back": [33, 32, 31, 30],
        "both": [0, 1, 2],
        "plain": [7, 8],
    }
    for name, positions in expected.items():
        made = TimeMap.from_file(path, node=name)
        assert [made.position(n) for n in made.frames] == positions
    with pytest.raises(TimeMapError, match="choose one by name: 'half', 'held', 'back', 'both'"):
        TimeMap.from_file(path)
    with pytest.raises(TimeMapError, match="0 clips are called 'other'"):
        TimeMap.from_file(path, node="other")


def test_otio_written_for_other_readers_has_the_speed_and_the_record_length(tmp_path: Path) -> None:
    TimeMap.constant(0.5, first=1001, last=1010).to_file(tmp_path / "a.otio", rate="23.976")
    clip = otio.adapters.read_from_file(str(tmp_path / "a.otio")).find_clips()[0]
    assert clip.effects[0].time_scalar == 0.5
    assert clip.source_range.start_time.value == 1001
    assert clip.source_range.duration.value == 19
    TimeMap.from_keys({1: 5, 10: 5}).to_file(tmp_path / "b.otio")
    clip = otio.adapters.read_from_file(str(tmp_path / "b.otio")).find_clips()[0]
    assert isinstance(clip.effects[0], otio.schema.FreezeFrame)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ("", r"line 1: no OTIO timeline"),
        ('{"a":\n 1,,}', r"line 2: no OTIO timeline"),
        ("{}", r"no OTIO timeline|no clip has"),
        ('{"OTIO_SCHEMA": "Clip.2", "name": "x"}', r"no OTIO timeline"),
    ],
)
def test_bad_otio_is_refused(tmp_path: Path, contents: str, message: str) -> None:
    with pytest.raises(TimeMapError, match=message):
        TimeMap.from_file(written(tmp_path / "bad.otio", contents))


def test_clips_without_a_warp_or_a_range_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TimeMapError, match="no clip has a LinearTimeWarp: 'plain'"):
        TimeMap.from_file(timeline(tmp_path, otio.schema.Clip("plain", source_range=span(7, 2))))
    boundless = otio.schema.Clip("loose", effects=[otio.schema.LinearTimeWarp(time_scalar=2)])
    with pytest.raises(TimeMapError, match="clip 'loose': it has neither"):
        TimeMap.from_file(timeline(tmp_path, boundless))
    empty = otio.schema.Clip("empty", source_range=span(7, 0), effects=[otio.schema.FreezeFrame()])
    with pytest.raises(TimeMapError, match="clip 'empty': its range lasts"):
        TimeMap.from_file(timeline(tmp_path, empty))


def test_csv_takes_comments_headers_and_several_separators(tmp_path: Path) -> None:
    rows = "\ufeff# my ramp\nout;source;interpolation\n\n 1001; 1 # start\n1005\t3/2\n1005 1.5 hold\n1009,4\n"
    made = TimeMap.from_file(written(tmp_path / "m.csv", rows))
    assert made == TimeMap.from_keys([(1001, 1), (1005, 1.5, "linear"), (1009, 4)])
    default = TimeMap.from_file(written(tmp_path / "n.csv", "1,1\n5,9\n"), interpolation="hold")
    assert [default.position(n) for n in default.frames] == [1, 1, 1, 1, 9]


def test_csv_is_written_as_few_rows_with_exact_fractions(tmp_path: Path) -> None:
    TimeMap.constant("1/3", first=1, last=2, start=1001).to_file(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "out,source\n1001,1\n1004,2\n"
    TimeMap.from_keys([(1, 1), (4, "4/3", "hold"), (6, 9)]).to_file(tmp_path / "b.csv")
    assert (tmp_path / "b.csv").read_text() == "out,source,interpolation\n1,1,linear\n4,4/3,hold\n6,9,linear\n"


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ("", "empty"),
        ("# nothing\nout,source\n", "empty"),
        ("1,1\n2,nan\n", "line 2: 'nan' is not a finite number"),
        ("nan,nan\n", "line 1: 'nan' is not a finite number"),
        ("1,1\n3,2\n2,5\n", "line 3: output frame 2 comes after 3"),
        ("1,1\n\n1,2\n", "line 3: output frame 1 has two sources, 1 and 2"),
        ("1,1\nout,source\n", "line 2: 'out' is not a finite number"),
        ("1,1,wavy\n", "line 1: interpolation 'wavy' is not known"),
        ("1\n", "line 1: '1' is no key"),
        ("1,2,linear,4\n", "line 1: .* is no key"),
    ],
)
def test_bad_csv_is_refused_with_file_and_line(tmp_path: Path, contents: str, message: str) -> None:
    path = written(tmp_path / "bad.csv", contents)
    with pytest.raises(TimeMapError, match=message) as caught:
        TimeMap.from_file(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read_or_written_are_told(tmp_path: Path) -> None:
    made = TimeMap.constant(1, first=1, last=5)
    with pytest.raises(TimeMapError, match="cannot be read: No such file"):
        TimeMap.from_file(tmp_path / "none.csv")
    with pytest.raises(TimeMapError, match=r"suffix '.xml' is no time map format"):
        TimeMap.from_file(tmp_path / "map.xml")
    with pytest.raises(TimeMapError, match=r"suffix '.xml'"):
        made.to_file(tmp_path / "map.xml")
    with pytest.raises(TimeMapError, match="node class 'Blur'"):
        made.to_file(tmp_path / "map.nk", node_class="Blur")
    with pytest.raises(WriteError, match="cannot be written"):
        made.to_file(tmp_path / "missing" / "map.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(TimeMapError, match="is not text"):
        TimeMap.from_file(tmp_path / "bytes.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["bytes.csv"]
