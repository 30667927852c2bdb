"""A frame between two others, class by class, with a motion that is known exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest
import torch

from vfi_plugin.image.cryptomatte_merge import merge_ranked
from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.kernels.backend import native_module
from vfi_plugin.media.header import PartHeader
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.render.compose import compose, view_window
from vfi_plugin.render.group_work import Moment, ViewMotion
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.options import RetimeOptions

SIZE = (24, 40)
WINDOW = Window(0, 0, 40, 24)
HALF_SPEED = Moment(Fraction(1, 2), Fraction(1, 2), Fraction(1, 2))


def frame(planes: dict[str, np.ndarray], number: int = 1, **attributes: Attribute) -> Frame:
    return Frame((Part(planes, WINDOW, WINDOW, attributes=attributes),), number)


def layout_of(one: Frame, *rules: str, channels: str = "all") -> Layout:
    names = {"float16": "half", "float32": "float", "uint32": "uint"}
    headers = [
        PartHeader(
            tuple((name, names[plane.dtype.name]) for name, plane in part.planes.items()),
            part.data_window,
            part.display_window,
            part.name,
            part.view,
            part.attributes,
        )
        for part in one.parts
    ]
    return Layout.of(headers, RetimeOptions(speed=1, channel_rules=rules, channels=channels))


def shift(dx: float, weight_0: float = 0.5, size: tuple[int, int] = SIZE) -> FlowMotion:
    """Content moves by 2 dx to the right from the earlier to the later frame."""
    flow = torch.zeros(1, 2, *size)
    flow[:, 0] = -dx
    return FlowMotion(flow, -flow, torch.full((1, 1, *size), weight_0))


def composed(before: Frame, after: Frame, motion: FlowMotion, *rules: str, moment: Moment = HALF_SPEED) -> Frame:
    views = {"": ViewMotion(motion, WINDOW)}
    return compose((before, after), views, layout_of(before, *rules), moment)


def rgb(value: float, dtype: type = np.float16) -> dict[str, np.ndarray]:
    return {name: np.full(SIZE, value, dtype) for name in "RGB"}


def test_names_order_and_types_stay() -> None:
    planes = {"id": np.zeros(SIZE, np.uint32), "Z": np.ones(SIZE, np.float32), **rgb(0.5)}
    out = composed(frame(planes), frame(planes), shift(0))
    assert [(name, plane.dtype) for name, plane in out.parts[0].planes.items()] == [
        (name, plane.dtype) for name, plane in planes.items()
    ]


def test_colour_is_the_weighted_mix_and_keeps_its_range() -> None:
    out = composed(frame(rgb(500.0)), frame(rgb(-0.25)), shift(0, weight_0=0.25))
    np.testing.assert_allclose(out.parts[0].planes["R"], np.float16(0.25 * 500 - 0.75 * 0.25), rtol=1e-3)


def test_ids_of_2_and_4_never_give_3() -> None:
    before, after = ({**rgb(0.1), "id": np.full(SIZE, value, np.float32)} for value in (2, 4))
    for weight, expected in ((0.6, 2), (0.4, 4)):
        out = composed(frame(before), frame(after), shift(0, weight_0=weight))
        assert (out.parts[0].planes["id"] == expected).all()


def test_unsigned_ids_keep_every_bit() -> None:
    ids = np.random.default_rng(0).integers(0, 2**32, SIZE, dtype=np.uint32)
    out = composed(frame({**rgb(0.1), "id": ids}), frame({**rgb(0.1), "id": ids + 1}), shift(0, weight_0=1.0))
    assert np.array_equal(out.parts[0].planes["id"], ids)


def test_infinite_depth_survives() -> None:
    depth = np.full(SIZE, np.inf, np.float32)
    depth[10:14, 10:14] = 3.0
    out = composed(frame({**rgb(0.1), "depth.Z": depth}), frame({**rgb(0.1), "depth.Z": depth}), shift(0))
    assert np.array_equal(out.parts[0].planes["depth.Z"], depth)


def test_vectors_at_half_speed_are_half_as_long() -> None:
    planes = {**rgb(0.1), "forward.u": np.full(SIZE, 10, np.float32), "forward.v": np.full(SIZE, -4, np.float32)}
    out = composed(frame(planes), frame(planes), shift(0)).parts[0].planes
    assert (out["forward.u"] == 5).all()
    assert (out["forward.v"] == -2).all()


def test_vectors_played_backwards_change_places() -> None:
    planes = {
        **rgb(0.1),
        **{f"forward.{c}": np.full(SIZE, v, np.float32) for c, v in (("u", 10), ("v", 0))},
        **{f"backward.{c}": np.full(SIZE, v, np.float32) for c, v in (("u", -8), ("v", 1))},
    }
    backwards = Moment(Fraction(1, 2), Fraction(-1), Fraction(-1))
    out = composed(frame(planes), frame(planes), shift(0), moment=backwards).parts[0].planes
    assert (out["forward.u"] == -8).all()
    assert (out["backward.u"] == 10).all()


class Elsewhere(FlowMotion):
    """A motion on another device than the frames' pixels: it insists that what it moves is there, too."""

    def apply(self, payload_0: torch.Tensor, payload_1: torch.Tensor) -> torch.Tensor:
        assert payload_0.device == payload_1.device == self.weight_0.device
        return torch.ones_like(payload_0, device="cpu")

    pick = apply


class RunsNetwork(FlowMotion):
    """A motion that notes how many channels each call moves."""

    runs_network = True
    moved_channels: ClassVar[list[int]] = []

    def apply(self, payload_0: torch.Tensor, payload_1: torch.Tensor) -> torch.Tensor:
        self.moved_channels.append(payload_0.shape[1])
        return super().apply(payload_0, payload_1)


def test_a_motion_that_runs_a_network_moves_all_blended_channels_at_once_and_to_the_same_bits() -> None:
    random = np.random.default_rng(2)
    names = (*"RGBA", "Z", "diffuse.R", "diffuse.G", "diffuse.B", "mask.fog", "N.X", "N.Y", "N.Z")
    planes = [{name: random.random(SIZE).astype(np.float16) for name in names} for _ in range(2)]
    plain = shift(2.5, weight_0=0.25)
    one_by_one = composed(*map(frame, planes), plain).parts[0].planes
    RunsNetwork.moved_channels.clear()
    motion = RunsNetwork(plain.flow_t_to_0, plain.flow_t_to_1, plain.weight_0)
    at_once = composed(*map(frame, planes), motion).parts[0].planes
    assert RunsNetwork.moved_channels[0] == 8  # beauty with its alpha, diffuse and the mask
    assert list(at_once) == list(one_by_one)
    for name, plane in one_by_one.items():
        assert np.array_equal(at_once[name], plane), name


def test_every_class_is_taken_to_where_the_motion_is() -> None:
    names = ("A", "Z", "N.X", "N.Y", "N.Z")
    planes = {**rgb(0.5), **{name: np.ones(SIZE, np.float32) for name in names}}
    here = shift(0)
    motion = Elsewhere(*(part.to("meta") for part in (here.flow_t_to_0, here.flow_t_to_1, here.weight_0)))
    out = composed(frame(planes), frame(planes), motion, "N.*=normal,premult=true").parts[0]
    assert list(out.planes) == list(planes)


def test_crossing_normals_stay_of_unit_length() -> None:
    def normals(x: float, y: float) -> dict[str, np.ndarray]:
        return {f"N.{c}": np.full(SIZE, v, np.float32) for c, v in (("X", x), ("Y", y), ("Z", 0))}

    out = composed(frame({**rgb(0.1), **normals(1, 0)}), frame({**rgb(0.1), **normals(0, 1)}), shift(0)).parts[0]
    length = np.sqrt(sum(out.planes[f"N.{c}"] ** 2 for c in "XYZ"))
    np.testing.assert_allclose(length, 1.0, atol=1e-6)
    np.testing.assert_allclose(out.planes["N.X"], out.planes["N.Y"])


def test_variance_adds_by_squared_weights() -> None:
    planes = [{**rgb(0.1), "noise_var": np.full(SIZE, value, np.float32)} for value in (4.0, 8.0)]
    out = composed(frame(planes[0]), frame(planes[1]), shift(0, weight_0=0.25))
    np.testing.assert_allclose(out.parts[0].planes["noise_var"], 0.0625 * 4 + 0.5625 * 8, rtol=1e-6)


def test_a_lens_grid_stays_with_the_screen() -> None:
    grid = {f"stmap.{c}": np.random.default_rng(1).random(SIZE, np.float32) for c in "rg"}
    out = composed(frame({**rgb(0.1), **grid}), frame({**rgb(0.1), **grid}), shift(5.0))
    assert np.array_equal(out.parts[0].planes["stmap.r"], grid["stmap.r"])


def crypto(ids: tuple[int, int], coverage: tuple[float, float]) -> dict[str, np.ndarray]:
    bits = [np.full(SIZE, value, np.uint32).view(np.float32) for value in ids]
    amounts = [np.full(SIZE, value, np.float32) for value in coverage]
    return dict(zip(("m00.R", "m00.G", "m00.B", "m00.A"), (bits[0], amounts[0], bits[1], amounts[1]), strict=True))


CRYPTO = {
    "cryptomatte/abc/name": Attribute("string", "m"),
    "cryptomatte/abc/hash": Attribute("string", "MurmurHash3_32"),
    "cryptomatte/abc/conversion": Attribute("string", "uint32_to_float32"),
}
A, B = 0x3F123456, 0x40ABCDEF


def test_cryptomatte_lists_merge_by_id() -> None:
    before = frame({**rgb(0.1), **crypto((A, B), (0.7, 0.3))}, **CRYPTO)
    after = frame({**rgb(0.1), **crypto((B, A), (0.6, 0.4))}, **CRYPTO)
    out = composed(before, after, shift(0)).parts[0].planes
    assert (out["m00.R"].view(np.uint32) == A).all()
    assert (out["m00.B"].view(np.uint32) == B).all()
    np.testing.assert_allclose(out["m00.G"], 0.55, atol=1e-6)
    np.testing.assert_allclose(out["m00.A"], 0.45, atol=1e-6)


def test_the_native_merge_agrees_with_the_plain_one_over_explicit_taps() -> None:
    rng = np.random.default_rng(5)
    height, width, ranks = 9, 11, 3
    ids = rng.choice(np.array([0, A, B, 0x41000001, 0x80000000], np.uint32), (2, ranks, height, width))
    coverage = rng.random((2, ranks, height, width), np.float32)
    flows = rng.normal(0, 2.5, (2, 2, height, width)).astype(np.float32)
    weight_0 = rng.random((height, width), np.float32)
    made = native_module().resample_ranked(ids, coverage, flows, weight_0, 2)

    taps_ids, taps_coverage, taps_weight = [], [], []
    for source, share in ((0, weight_0), (1, 1 - weight_0)):
        x = np.clip(np.arange(width) + flows[source, 0], 0, width - 1)
        y = np.clip(np.arange(height)[:, None] + flows[source, 1], 0, height - 1)
        left, top = np.floor(x).astype(int), np.floor(y).astype(int)
        for down in (0, 1):
            for right in (0, 1):
                row, column = np.minimum(top + down, height - 1), np.minimum(left + right, width - 1)
                taps_ids.append(ids[source][:, row, column])
                taps_coverage.append(coverage[source][:, row, column])
                wx = x - left if right else 1 - (x - left)
                wy = y - top if down else 1 - (y - top)
                taps_weight.append((share * wx * wy).astype(np.float32))
    expected = merge_ranked(np.stack(taps_ids), np.stack(taps_coverage), np.stack(taps_weight), ranks)
    # Sums in float32 against double: entries within 1e-6 of each other may swap ranks, and then coverage agrees.
    np.testing.assert_allclose(made[1], expected[1], atol=2e-6)
    assert (made[0] == expected[0]).mean() > 0.999


def test_a_half_float_cryptomatte_is_picked_not_merged() -> None:
    planes = {name: plane.astype(np.float16) for name, plane in crypto((A, B), (0.7, 0.3)).items()}
    one = frame({**rgb(0.1), **planes}, **CRYPTO)
    out = composed(one, one, shift(0))
    assert np.array_equal(out.parts[0].planes["m00.R"].view(np.uint16), planes["m00.R"].view(np.uint16))


def test_manifests_of_both_frames_are_united() -> None:
    entries = [{**CRYPTO, "cryptomatte/abc/manifest": Attribute("string", text)} for text in ('{"a":"1"}', '{"b":"2"}')]
    planes = {**rgb(0.1), **crypto((A, B), (0.7, 0.3))}
    out = composed(frame(planes, **entries[0]), frame(planes, **entries[1]), shift(0))
    manifest = str(out.parts[0].attributes["cryptomatte/abc/manifest"].value)
    assert '"a"' in manifest
    assert '"b"' in manifest


def test_data_windows_of_both_frames_are_united_and_what_moves_in_from_outside_is_empty() -> None:
    display = Window(0, 0, 60, 24)
    before = Frame((Part({n: np.full((10, 10), 1, np.float32) for n in "RGBA"}, Window(10, 5, 10, 10), display),))
    after = Frame((Part({n: np.full((10, 10), 1, np.float32) for n in "RGBA"}, Window(20, 5, 10, 10), display),))
    layout = layout_of(before)
    window = view_window((before, after), layout, "")
    assert window == Window(9, 4, 22, 12)
    motion = shift(5.0, size=window.shape)
    part = compose((before, after), {"": ViewMotion(motion, window)}, layout, HALF_SPEED).parts[0]
    assert part.data_window == Window(10, 5, 20, 10)
    assert (part.planes["A"][:, 5:15] == 1).all()
    assert (part.planes["A"][:, :5] == 0).all()
    assert (part.planes["A"][:, 15:] == 0).all()


def test_a_window_that_fills_the_frame_is_not_widened() -> None:
    one = frame(rgb(0.5))
    assert view_window((one, one), layout_of(one), "") == WINDOW


@pytest.mark.parametrize(
    ("channels", "kept"), [("rgb", ["R", "G", "B"]), ("rgba", ["R", "G", "B", "A"]), ("Z,R", ["R", "Z"])]
)
def test_only_the_channels_asked_for_are_written(channels: str, kept: list[str]) -> None:
    one = frame({**rgb(0.5), "A": np.ones(SIZE, np.float16), "Z": np.ones(SIZE, np.float32)})
    views = {"": ViewMotion(shift(0), WINDOW)}
    out = compose((one, one), views, layout_of(one, channels=channels), HALF_SPEED)
    assert list(out.parts[0].planes) == kept


def test_each_view_moves_by_its_own_motion() -> None:
    texture = np.random.default_rng(2).random(SIZE).astype(np.float32)
    parts = tuple(
        Part(dict.fromkeys("RGB", texture), WINDOW, WINDOW, name=view, view=view) for view in ("left", "right")
    )
    one = Frame(parts)
    views = {"left": ViewMotion(shift(0, 1.0), WINDOW), "right": ViewMotion(shift(3, 1.0), WINDOW)}
    out = compose((one, one), views, layout_of(one), HALF_SPEED)
    assert np.array_equal(out.parts[0].planes["R"], texture)
    assert np.array_equal(out.parts[1].planes["R"][:, 3:], texture[:, :-3])
