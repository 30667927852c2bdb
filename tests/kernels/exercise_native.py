"""Drives every compiled CPU operation through awkward input, where a step outside an array ends the process.

    python exercise_native.py FOLDER WATCH     FOLDER holds the built ``_native`` module

WATCH says who looks: "sanitizer", the compiler's own instrumentation (``make sanitize``); "end" or "begin", a page that
may not be touched right behind or right before every array, which also sees vector loads that no sanitizer checks. It
needs numpy alone, and looks at no result.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# (N, C, H, W): single rows and columns, odd sizes, a vector's length and one more, channels in and beyond a group.
SHAPES = ((1, 1, 1, 1), (1, 3, 1, 37), (2, 1, 29, 1), (1, 2, 2, 2), (2, 3, 17, 23), (1, 5, 11, 83), (1, 4, 7, 16))
LARGE = (1, 3, 150, 211)  # starts three threads

WILD = np.array([np.nan, np.inf, -np.inf, 1e9, -1e9, 3e38, -3e38, 2.0**31, -(2.0**31), 2.0**63, 1e-40, -0.0])


def load(folder: Path) -> ModuleType:
    (file,) = folder.glob("_native*.so")
    spec = spec_from_file_location("_native", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def guarded(shape: tuple[int, ...], dtype: npt.DTypeLike, at_end: bool) -> Array:
    """An array that ends, or begins, at a page that may not be touched."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    pages = -(-size // mmap.PAGESIZE)
    memory = mmap.mmap(-1, (pages + 2) * mmap.PAGESIZE)
    first = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for page in (0, pages + 1):
        refused = ctypes.CDLL(None).mprotect(ctypes.c_void_p(first + page * mmap.PAGESIZE), mmap.PAGESIZE, 0)
        assert not refused
    begin = (pages + 1) * mmap.PAGESIZE - size if at_end else mmap.PAGESIZE
    return np.frombuffer(memory, dtype, int(np.prod(shape)), begin).reshape(shape)


class Maker:
    """Makes arrays of one kind: how they are stored, how they lie, how wild their flow is, who watches them."""

    def __init__(self, shape: tuple[int, int, int, int], storage: str, layout: str, flow: str, watch: str) -> None:
        self.n, self.c, self.h, self.w = shape
        self.storage, self.layout, self.kind, self.watch = np.dtype(storage), layout, flow, watch
        self.random = np.random.default_rng(0)

    def memory(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        return np.empty(shape, dtype) if self.watch == "sanitizer" else guarded(shape, dtype, self.watch == "end")

    def lay(self, values: Array) -> Array:
        n, c, h, w = values.shape
        if self.layout == "channels last":
            view = self.memory((n, h, w, c), values.dtype).transpose(0, 3, 1, 2)
        elif self.layout == "every other":
            view = self.memory((n, c, 2 * h - 1, 3 * w - 2), values.dtype)[:, :, ::2, ::3]
        elif self.layout == "upside down":
            view = self.memory((n, c, h, w), values.dtype)[:, :, ::-1, ::-1]
        else:
            view = self.memory((n, c, h, w), values.dtype)
        view[...] = values
        return view

    def image(self, channels: int | None = None, grow: int = 0) -> Array:
        shape = (self.n, channels or self.c, self.h + grow, self.w + grow)
        return self.lay(self.random.normal(size=shape).astype(self.storage))

    def flow(self) -> Array:
        values = self.random.normal(size=(self.n, 2, self.h, self.w)) * 4
        if self.kind == "whole pixels":
            values = values.round()
        if self.kind == "wild":
            bad = self.random.choice(WILD, values.shape)
            values = np.where(self.random.random(values.shape) < 0.5, bad, values)
        with np.errstate(over="ignore"):
            return self.lay(values.astype(np.float32))

    def room(self, like: Array) -> Array:
        """Plain memory of exactly the size, for a result."""
        return self.memory(like.shape, like.dtype)

    def plain(self, *shape: int) -> Array:
        return self.memory(shape, np.float32)

    def room_as_it_lies(self, like: Array) -> Array:
        return self.lay(np.zeros_like(like))


def wanted(inputs: list[Array], make: Maker) -> Iterator[list[Array | None]]:
    """Room for all gradients, and for each alone."""
    yield [make.room(each) for each in inputs]
    for at in range(len(inputs)):
        yield [make.room(each) if here == at else None for here, each in enumerate(inputs)]


def moves(native: ModuleType, make: Maker, threads: int) -> None:
    image, flow = make.image(), make.flow()
    weight = np.abs(make.image(1)) + make.storage.type(0.1)
    for zero, taps in product((False, True), (2, 4)):
        native.warp(image, flow, make.room(image), zero, taps, threads)
        native.warp(image, flow, make.room_as_it_lies(image), zero, taps, threads)  # interleaved where the image is
    for room in wanted([image, flow], make):
        for zero in (False, True):
            native.warp_backward(make.image(), image, flow, *room, zero, threads)
        native.splat_sum_backward(make.image(), image, flow, *room, threads)
    native.splat_sum(image, flow, make.room(image), threads)
    for exponential in (False, True):
        native.splat_mean(image, flow, weight, make.room(image), exponential, 1e-7, threads)
    for side in (2, 4, 6):
        kernels = make.image(side * side)
        native.filter_warp(image, flow, kernels, make.room(image), threads)
        for room in wanted([image, flow, kernels], make):
            native.filter_warp_backward(make.image(), image, flow, kernels, *room, threads)


def projections(native: ModuleType, make: Maker, threads: int) -> None:
    flow, depth = make.flow(), np.abs(make.image(1)).astype(np.float32) + np.float32(0.1)
    out, count = make.plain(*flow.shape), make.plain(*depth.shape)
    for fill in (True, False):
        native.project_flow(flow, depth, out, count, fill, threads)
    for room in wanted([flow, depth], make):
        native.project_flow_backward(make.flow(), flow, depth, out, count, *room, threads)


def patches(native: ModuleType, make: Maker, threads: int) -> None:
    first, second = (make.image(3)[:1] for _ in "ab")
    down, across = -(-make.h // 4), -(-make.w // 4)
    native.patch_search(first, second, *(make.plain(1, c, down, across) for c in (1, 1, 2, 2)), threads)


def fields(native: ModuleType, make: Maker, threads: int) -> None:
    cells = [make.image(c)[:1].astype(np.float32) for c in (1, 1, 2, 2)]
    out = [make.plain(1, c, make.h, make.w) for c in (2, 2, 1)]
    native.both_ways(*cells, 0.5, *out, threads)


def mixes(native: ModuleType, make: Maker, threads: int) -> None:
    image, flow = make.plain(make.n, make.c, make.h, make.w), make.flow()
    for factor in (2, 4, 8, 6):
        h, w = -(-make.h // factor), -(-make.w // factor)
        flows, out = make.plain(make.n, 2, h, w), make.plain(*image.shape)
        flows[...] = flow[..., :h, :w]
        native.enlarged_mix(image, image, flows, flows, make.plain(make.n, 1, h, w), out, factor, threads)


def convolutions(native: ModuleType, make: Maker, threads: int) -> None:
    for taps in (1, 2, 5):
        image, pair = make.image(grow=taps - 1), [make.image(taps), make.image(taps)]
        native.separable_conv(image, *pair, make.room(make.image()), threads)
        for room in wanted([image, *pair], make):
            native.separable_conv_backward(make.image(), image, *pair, *room, threads)
    for size in (1, 3, 5):
        images, logits = [make.image(), make.image()], make.image(2 * size * size)
        out, log_sum = make.room(images[0]), make.plain(make.n, 1, make.h, make.w)
        native.adaptive_conv(*images, logits, out, log_sum, size, 0, 0, threads)
        for room in wanted([*images, logits], make):
            native.adaptive_conv_backward(make.image(), *images, logits, out, log_sum, *room, size, 0, 0, threads)
        # A part of the pixels: the last ones.
        rows, columns = -(-make.h // 2), -(-make.w // 2)
        part = [each[:, :, -rows:, -columns:] for each in (logits, out, log_sum, make.image())]
        origin = make.h - rows, make.w - columns
        native.adaptive_conv(*images, *part[:3], size, *origin, threads)
        for room in wanted([*images, part[0]], make):
            native.adaptive_conv_backward(part[3], *images, *part[:3], *room, size, *origin, threads)
    for radius in (0, 1, 4, 5):
        a, b, out = make.image(), make.image(), make.image((2 * radius + 1) ** 2)
        native.correlation(a, b, make.room(out), radius, threads)
        for room in wanted([a, b], make):
            native.correlation_backward(out, a, b, *room, radius, threads)


def host_pixels(native: ModuleType, make: Maker, threads: int) -> None:
    """One image, (C, H, W), of every type into every type; floats hold what no integer does."""
    types = [np.dtype(name) for name in ("u1", "u2", "f2", "f4")]
    wild = np.where(
        make.random.random((make.c, make.h, make.w)) < 0.2, make.random.choice(WILD, (make.c, make.h, make.w)), 0.5
    )
    with np.errstate(over="ignore", invalid="ignore"):
        sources = [make.lay((wild if kind.kind == "f" else wild * 0)[None].astype(kind))[0] for kind in types]
    for source, wanted_type in product(sources, types):
        target = make.lay(np.zeros((1, make.c, make.h, make.w), wanted_type))[0]
        native.convert_pixels(source, target, threads)
        native.clip_pixels(source, target, threads)
        native.count_unrepresentable(source, wanted_type, threads)


def guide_curve(native: ModuleType, make: Maker, threads: int) -> None:
    """As many pixels as the image has, of any value; the constants are any, as no result is looked at."""
    constants = make.plain(14)
    constants[...] = 0.5
    count = make.n * make.h * make.w
    pixels, matrix = make.plain(count, 3), make.plain(3, 3)
    pixels[...] = make.random.choice(WILD, (count, 3))
    matrix[...] = np.eye(3)
    native.bend_values(pixels, constants, make.room(pixels), threads)
    native.guide_of_pixels(pixels, matrix, constants, make.room(pixels), threads)


def stored_planes(native: ModuleType, make: Maker) -> None:
    """Blocks of every size that fits, of any value, and the check sum of what is no whole number of words."""
    halfs = make.memory((make.h, make.w), np.uint16)
    with np.errstate(over="ignore"):
        halfs[...] = make.random.choice(WILD, halfs.shape).astype(np.float16).view(np.uint16)
    for factor in (1, 2, 3, 4, 5, 8):
        if min(halfs.shape) >= factor:
            native.half_block_means(halfs, factor, make.plain(make.h // factor, make.w // factor))
    native.checksum(halfs.reshape(-1).view(np.uint8))


def main() -> None:
    native, watch = load(Path(sys.argv[1])), sys.argv[2]
    best = native.level()
    levels = [level for level in native.Level.__members__.values() if int(level) <= int(best)]
    layouts = ("plain", "channels last", "every other", "upside down")
    if watch != "sanitizer":  # a test waits for this: only the widest loads, which no sanitizer checks
        levels, layouts = levels[-1:], layouts[:2]
    kinds = [(shape, 1, *rest) for shape, *rest in product(SHAPES, ("f4", "f2"), layouts)]
    if watch == "sanitizer":
        kinds += [(LARGE, 3, storage, "plain") for storage in ("f4", "f2")]
    for level in levels:
        native.limit_level(level)
        for shape, threads, storage, layout in kinds:
            for flow in ("ordinary", "whole pixels", "wild"):
                moves(native, Maker(shape, storage, layout, flow, watch), threads)
                projections(native, Maker(shape, storage, layout, flow, watch), threads)
                mixes(native, Maker(shape, storage, layout, flow, watch), threads)
            patches(native, Maker(shape, storage, layout, "ordinary", watch), threads)
            fields(native, Maker(shape, storage, layout, "ordinary", watch), threads)
            host_pixels(native, Maker(shape, storage, layout, "ordinary", watch), threads)
            guide_curve(native, Maker(shape, storage, layout, "ordinary", watch), threads)
            stored_planes(native, Maker(shape, storage, layout, "ordinary", watch))
            convolutions(native, Maker(shape, storage, layout, "ordinary", watch), threads)
        print(f"{level}: {len(kinds)} kinds of input, watched by: {watch}", flush=True)


if __name__ == "__main__":
    main()
