"""The first part of training ``fused``: motion of crops is searched for once, and shown again and again.

    python benchmarks/mix_first.py CLIPS OUT.safetensors [--held-out CLIPS] [--seconds N] [--begin-with FILE]

``vfi train fused`` searches anew for every pair of crops, which takes longer than the step, and finds less in crops
than in frames. Here whole frames are searched once, by all cores, and crops of what was found are shown mirrored,
turned, reversed in time and in other colours, all of which change motion in a way that is known.

Beside OUT lies a table of its name, ``.csv``, for ``curves.py``: steps, losses, and PSNR on crops of the clips
that were held out.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file

from vfi_plugin.models.dis.model import DisPair
from vfi_plugin.models.disfast.model import FastPair
from vfi_plugin.models.fused.model import Mixer
from vfi_plugin.models.fused.net import FusedNet
from vfi_plugin.models.fused.sources import Sources
from vfi_plugin.models.weights import Weights, save_weights
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.processors import usable_cores
from vfi_plugin.train.data_sets import any_footage
from vfi_plugin.train.footage import Footage
from vfi_plugin.train.objectives.fused import inner, losses_of, mixed
from vfi_plugin.train.recipes import recipe_of

Tensor = torch.Tensor
Array = npt.NDArray[Any]

AT_ONCE = 16  # crops of the same two frames
CUT = 0.2  # mean difference of frames, white being 1, from which something else is shown
GAPS = (2, 2, 3, 4)  # frames from end to end: half of all pairs are those that the middle is asked of
WARM_UP_STEPS = 200
LONGEST_GRADIENT = 1.0
AVERAGE_DECAY = 0.999
MEASURED_AT_ONCE = 16
LEAST_ERROR = 1.0 / (12.0 * 255.0**2)  # the mean square of rounding to 8 bits


@dataclass(frozen=True)
class Searched:
    """Pairs with what both classics found in them.

    Attributes:
        frames: (N, 3, 3, S, S) uint8: the earlier frame, the true one between, the later one.
        ways: (N, 4, S, S) float16 px from the earlier to the later frame, by the classic and by the fast one.
        weights: (N, 2, S, S) float16, the earlier frame's share by each.
        times: (N,) float32.
    """

    frames: Tensor
    ways: Tensor
    weights: Tensor
    times: Tensor

    def __len__(self) -> int:
        return len(self.times)

    def some(self, which: Tensor) -> Searched:
        """These pairs, as float32, colours in [0, 1]."""
        parts = self.frames, self.ways, self.weights, self.times
        frames, *rest = (part[which].float() for part in parts)
        return Searched(frames / 255.0, *rest)

    def sources(self) -> Sources:
        """What the network is shown of pairs from ``some``."""
        t = self.times.view(-1, 1, 1, 1)
        classic, fast = (
            FlowMotion((-t * way).contiguous(), ((1.0 - t) * way).contiguous(), weight.contiguous())
            for way, weight in zip(self.ways.split(2, 1), self.weights.split(1, 1), strict=True)  # type: ignore[no-untyped-call]
        )
        return Sources(classic, fast, (self.frames[:, 0].contiguous(), self.frames[:, 2].contiguous()), t)

    def changed(self, rng: np.random.Generator) -> Searched:
        """Pairs from ``some``, all mirrored, turned and so on alike, their motion with them."""
        frames, ways, weights, times = self.frames, self.ways, self.weights, self.times
        for axis, sign in ((-1, (-1, 1, -1, 1)), (-2, (1, -1, 1, -1))):
            if rng.random() < 0.5:
                frames, weights = frames.flip(axis), weights.flip(axis)
                ways = ways.flip(axis) * ways.new_tensor(sign).view(1, 4, 1, 1)
        if rng.random() < 0.5:
            frames, weights = frames.transpose(-1, -2), weights.transpose(-1, -2)
            ways = ways.transpose(-1, -2)[:, [1, 0, 3, 2]]
        if rng.random() < 0.5:
            frames, ways, weights, times = frames.flip(1), -ways, 1.0 - weights, 1.0 - times
        gamma, gain = (
            frames.new_tensor(rng.uniform(*ends, (len(times), 1, 1, 1, 1))) for ends in ((0.7, 1.4), (0.6, 1.0))
        )
        frames = frames[:, :, rng.permutation(3).tolist()] ** gamma * gain
        return Searched(frames, ways, weights, times)


def search(paths: Sequence[Path], side: int, count: int, seed: int, *, middle: bool = False) -> Searched:
    """About that many pairs cut out of clips' frames, the same for the same seed on any number of cores.

    Motion is searched for in whole frames: at the edges of a crop the searches find less than they do in a frame, and
    one of them less than the other.

    Args:
        paths: clips, and folders of them.
        side: of the pairs, px.
        count: of all clips together, as many of each.
        seed: another draws other pairs.
        middle: whether pairs are two frames apart, as ``vfi evaluate clips`` has them.
    """
    clips = any_footage([str(path) for path in paths], 1, "train")
    each = -(-count // (len(clips) * AT_ONCE))
    # Forked, so that no process has to load all this anew.
    with ProcessPoolExecutor(usable_cores(), get_context("fork")) as pool:
        found = pool.map(partial(_of_clip, side, each, seed, middle), clips)
        parts = [part for part in found if part is not None]
    return Searched(*(torch.from_numpy(np.concatenate(part)) for part in zip(*parts, strict=True)))


def _of_clip(side: int, looks: int, seed: int, middle: bool, clip: Footage) -> tuple[Array, ...] | None:
    """Pairs of a clip, ``AT_ONCE`` of each look at two of its frames; None where it is too small or too short."""
    torch.set_num_threads(1)
    with clip.opened() as reel:
        frames = [] if min(reel.size) < side else list(reel.pictures())
    gaps = [gap for gap in ((2,) if middle else GAPS) if gap < len(frames)]
    rng = np.random.default_rng((seed, *clip.name.encode()))
    pairs: list[tuple[Array, ...]] = []
    for _ in range(looks if gaps else 0):
        gap = int(rng.choice(gaps))
        first, at = int(rng.integers(len(frames) - gap)), 1 if middle else int(rng.integers(1, gap))
        three = np.stack([frames[first + step] for step in (0, at, gap)]).transpose(0, 3, 1, 2)
        if _apart(three) < CUT:
            pairs += _cut_out(_searched(three, at / gap), side, rng)
    return tuple(np.stack(part) for part in zip(*pairs, strict=True)) if pairs else None


def _apart(three: Array) -> float:
    return float(np.abs(three[0].astype(np.float32) - three[2]).mean()) / 255.0


def _cut_out(whole: tuple[Array, ...], side: int, rng: np.random.Generator) -> Iterator[tuple[Array, ...]]:
    """Crops of what was found in whole frames: of twice as many places those where the frames differ more."""
    frames, ways, weights, time_between = whole
    height, width = frames.shape[2:]
    places = np.stack(
        [rng.integers(height - side + 1, size=2 * AT_ONCE), rng.integers(width - side + 1, size=2 * AT_ONCE)], 1
    )
    crops = [(..., slice(top, top + side), slice(left, left + side)) for top, left in places.tolist()]
    for crop in sorted(crops, key=lambda crop: _apart(frames[crop]), reverse=True)[:AT_ONCE]:
        yield frames[crop], ways[crop], weights[crop], time_between


@torch.no_grad()
def _searched(frames: Array, t: float) -> tuple[Array, ...]:
    ends = [torch.from_numpy(np.ascontiguousarray(frames[at])).float()[None] / 255.0 for at in (0, 2)]
    found = [kind(ends[0], ends[1]).motion(t).flow_form() for kind in (DisPair, FastPair)]
    ways = torch.cat([each.flow_t_to_1 - each.flow_t_to_0 for each in found], 1)[0]
    weights = torch.cat([each.weight_0 for each in found], 1)[0]
    return frames, ways.half().numpy(), weights.half().numpy(), np.float32(t)


def kept_pairs(args: argparse.Namespace) -> Searched:
    """What is trained on: as it was kept, or searched for and kept."""
    if args.keep is not None and args.keep.is_file():
        with np.load(args.keep) as held:
            return Searched(*(torch.from_numpy(held[field.name]) for field in fields(Searched)))
    pairs = search([args.clips], args.side, args.pairs, args.seed)
    if args.keep is not None:
        np.savez(args.keep, **{field.name: getattr(pairs, field.name).numpy() for field in fields(Searched)})
    return pairs


@torch.no_grad()
def mean_psnr(net: FusedNet, pairs: Searched) -> float:
    """Over pairs, in dB, without the edges."""
    found = []
    for which in torch.arange(len(pairs)).split(MEASURED_AT_ONCE):  # type: ignore[no-untyped-call]
        some = pairs.some(which)
        sources = some.sources()
        made = inner(mixed(sources, Mixer(net).asked(sources))).clamp(0.0, 1.0)
        found.append((made - inner(some.frames[:, 1])).square().mean((1, 2, 3)).clamp(min=LEAST_ERROR))
    return -10.0 * torch.cat(found).log10().mean().item()


class Learning:
    """A network, what it learns by, and its average."""

    def __init__(self, net: FusedNet, rate: float) -> None:
        self.net, self._most, self.rate = net, rate, 0.0
        self.average = {name: value.clone() for name, value in net.state_dict().items()}
        self._optimiser = torch.optim.AdamW(net.parameters(), rate, weight_decay=1e-4)
        self.steps = 0

    def step(self, pairs: Searched, done: float) -> dict[str, float]:
        """Learns from pairs; ``done`` is the share of the time that is over."""
        self.steps += 1
        factor = min(1.0, self.steps / WARM_UP_STEPS) * 0.5 * (1.0 + math.cos(math.pi * done))
        self.rate = factor * self._most
        for group in self._optimiser.param_groups:
            group["lr"] = self.rate
        sources = pairs.sources()
        asked = Mixer(self.net).asked(sources)
        terms = losses_of(mixed(sources, asked), pairs.frames[:, 1], asked)
        self._optimiser.zero_grad()
        torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), LONGEST_GRADIENT)
        self._optimiser.step()
        decay = min(AVERAGE_DECAY, self.steps / (self.steps + 20.0))
        for name, value in self.net.state_dict().items():
            self.average[name].lerp_(value, 1.0 - decay)
        return {name: term.detach().item() for name, term in terms.items()}


def learn(args: argparse.Namespace, pairs: Searched, held_out: Searched | None) -> Iterator[dict[str, float]]:
    """Learns for as long as is asked for; each minute or so the weights are written, and what was found is given."""
    rng = np.random.default_rng(args.seed)
    torch.manual_seed(args.seed)
    learning = Learning(started(args).train().to(memory_format=torch.channels_last), args.learning_rate)
    began = told = time.monotonic()
    sums: list[dict[str, float]] = []
    while True:
        passed = time.monotonic() - began
        ended = passed >= args.seconds
        if (ended or time.monotonic() - told >= args.tell) and sums:
            told = time.monotonic()
            write(args, learning.average)
            means = {name: float(np.mean([each[name] for each in sums])) for name in sums[0]}
            measured = {} if held_out is None else {"dB network": mean_psnr(averaged(args, learning), held_out)}
            progress = {"step": learning.steps, "seconds": round(passed), "samples": learning.steps * args.batch}
            rate = {"learning_rate": learning.rate, "loss": sum(means.values())}
            yield {**progress, **rate, **measured, **means}
            sums.clear()
        if ended:
            return
        which = torch.from_numpy(rng.integers(0, len(pairs), args.batch))
        sums.append(learning.step(pairs.some(which).changed(rng), passed / args.seconds))


def started(args: argparse.Namespace) -> FusedNet:
    """The network that learning begins with."""
    net = cast(FusedNet, recipe_of("fused").build("", args.width))
    if args.begin_with:
        net.load_state_dict({name: value.float() for name, value in load_file(args.begin_with).items()})
    return net


def averaged(args: argparse.Namespace, learning: Learning) -> FusedNet:
    """The network with averaged weights."""
    net = FusedNet(args.width)
    net.load_state_dict(learning.average)
    return net.eval()


def write(args: argparse.Namespace, state: dict[str, Tensor]) -> None:
    """The weights in half precision."""
    halved = {name: value.half() for name, value in state.items()}
    weights = Weights(halved, "", "", "", args.width, args.licence, args.training_data)
    save_weights(args.out, "fused", weights, None)


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, help="a movie, or a folder of them")
    parser.add_argument("out", type=Path)
    parser.add_argument("--held-out", type=Path)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--begin-with", type=Path)
    parser.add_argument("--width", type=float, default=0.5)
    parser.add_argument("--side", type=int, default=128, help="of pairs, px; a multiple of 16")
    parser.add_argument("--pairs", type=int, default=20_000, help="that are searched for; 0.34 MB each at 128 px")
    parser.add_argument("--keep", type=Path, metavar="FILE.npz", help="where they are kept for the next time")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=6e-4)
    parser.add_argument("--tell", type=float, default=60.0, help="seconds from line to line")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--training-data", default="clips of one's own")
    parser.add_argument("--licence", default="not stated by who trained them")
    return parser.parse_args(arguments)


def main() -> None:
    args = parsed()
    began = time.monotonic()
    held_out = None if args.held_out is None else search([args.held_out], args.side, 384, args.seed + 1, middle=True)
    pairs = kept_pairs(args)
    print(f"{len(pairs)} pairs were searched for in {time.monotonic() - began:.0f} s", flush=True)
    if held_out is not None:
        print(f"held out, at the start: {mean_psnr(started(args).eval(), held_out):.3f} dB", flush=True)
    with args.out.with_suffix(".csv").open("w", newline="", encoding="utf-8") as stream:
        table: csv.DictWriter[str] | None = None
        for line in learn(args, pairs, held_out):
            if table is None:
                table = csv.DictWriter(stream, list(line))
                table.writeheader()
            table.writerow(line)
            stream.flush()
            print(", ".join(f"{name} {value:.6g}" for name, value in line.items()), flush=True)


if __name__ == "__main__":
    main()
