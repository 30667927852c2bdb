"""The first part of training `dain`: its flow alone, from made-up scenes that stay on the GPU and are shown again.

    python benchmarks/flow_first.py CROPS.npz OUT.safetensors [--seconds N] [--begin-with FILE.safetensors]

CROPS.npz is what ``vfi train dain --data CLIPS --bank CROPS.npz`` leaves. ``vfi train dain --synthetic 1`` teaches flow
too, from scenes each of which is seen once: drawing them and starting a step's thousand small kernels is then most of
the time. Here scenes are kept, and shown mirrored, turned, cut out elsewhere and in other colours, and on a GPU a step
is one CUDA graph. What comes of it is for ``vfi train dain --begin-with``.
"""

from __future__ import annotations

import argparse
import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from vfi_plugin.models.dain.net import Dain
from vfi_plugin.models.dain.optical_flow import FLOW_SCALE_PX
from vfi_plugin.models.weights import Weights, save_weights
from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.objectives.dain import flow_error
from vfi_plugin.train.recipes import recipe_of
from vfi_plugin.train.synthetic import SyntheticMotion

Tensor = torch.Tensor

SMALL_PX = 128  # side of what is shown at first: learns the coarse part faster; a multiple of 64, as all sides
AT_ONCE = 32  # scenes that are drawn together
WARM_UP_STEPS = 300
LONGEST_GRADIENT = 1.0
AVERAGE_DECAY = 0.999
LEAST_SLOWNESS_S = 0.15  # between draws once the room for scenes is full: the GPU is there to learn
TOLD_S = 15.0


class KeptScenes:
    """Made-up pairs with their flow both ways, in half precision; once there is no more room new ones take old places.

    Args:
        source: what draws them, with their flow.
        room: how many are kept.
    """

    def __init__(self, source: SyntheticMotion, room: int) -> None:
        side, self._device = source.side, torch.device(source.device)
        self._source, self._room = source, room
        self._frames = torch.empty(room, 2, 3, side, side, dtype=torch.half, device=self._device)
        self._flows = torch.empty(room, 2, 2, side, side, dtype=torch.half, device=self._device)
        self._draws = 0

    @property
    def drawn(self) -> int:
        """How many were drawn so far."""
        return self._draws * self._source.size

    def add(self) -> None:
        """Draws some more."""
        batch = self._source.batch(self._draws)
        assert batch.flows is not None
        at = torch.arange(self.drawn, self.drawn + len(batch.before), device=self._device) % self._room
        self._frames.index_copy_(0, at, torch.stack([batch.before, batch.after], 1).half())
        self._flows.index_copy_(0, at, batch.flows.half())
        self._draws += 1

    def keep_adding(self, ended: threading.Event) -> None:
        """Until ``ended``, beside whatever else the GPU does."""
        stream = torch.cuda.Stream()
        while not ended.is_set():
            with torch.cuda.stream(stream):
                self.add()
                stream.synchronize()
            ended.wait(LEAST_SLOWNESS_S if self.drawn >= self._room else 0.0)

    def shown(self, count: int, side: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Frames (N, 2, 3, S, S) and flows (N, 2, 2, S, S) px, both ways; changed alike, so that flow stays true."""
        which = torch.from_numpy(rng.integers(0, min(self.drawn, self._room), count)).to(self._device)
        left, top = rng.integers(0, self._source.side - side + 1, 2)
        cut = (which, ..., slice(top, top + side), slice(left, left + side))
        frames, flows = self._frames[cut].float(), self._flows[cut].float()
        for axis, sign in ((-1, (-1.0, 1.0)), (-2, (1.0, -1.0))):
            if rng.random() < 0.5:
                signs = torch.tensor(sign, device=self._device).view(2, 1, 1)
                frames, flows = frames.flip(axis), flows.flip(axis) * signs
        if rng.random() < 0.5:
            frames, flows = frames.transpose(-1, -2), flows.transpose(-1, -2).flip(2)
        gain = torch.from_numpy(rng.uniform(0.8, 1.2, (count, 1, 1, 1, 1)).astype(np.float32)).to(self._device)
        return frames[:, :, rng.permutation(3).tolist()] * gain, flows


class FlowStep:
    """One step of learning at a fixed size: on a GPU a CUDA graph.

    Args:
        net: whose flow learns.
        rate: of learning, a tensor that is changed in place.
        decay: of the averaged weights, likewise.
        batch: pairs in a step.
    """

    def __init__(self, net: Dain, rate: Tensor, decay: Tensor, batch: int) -> None:
        self._flow, self._decay, self._batch = net.optical_flow, decay, batch
        self._parameters = list(self._flow.parameters())
        self._device = rate.device
        graph = {"capturable": True, "foreach": True} if self._device.type == "cuda" else {}
        self._optimiser = torch.optim.AdamW(self._parameters, rate, (0.9, 0.99), weight_decay=1e-4, **graph)
        self.average = [parameter.detach().clone() for parameter in self._parameters]
        self.loss = torch.zeros((), device=self._device)
        self._inputs: dict[int, tuple[Tensor, Tensor]] = {}
        self._graphs: dict[int, Callable[[], None]] = {}

    def prepare(self, side: int) -> None:
        """Before the first step of a size, while nothing else uses the GPU; changes no weight."""
        frames = torch.zeros(self._batch, 2, 3, side, side, device=self._device)
        self._inputs[side] = frames, torch.zeros(self._batch, 2, 2, side, side, device=self._device)
        self._graphs[side] = lambda: self._learn(side)
        if self._device.type != "cuda":
            return
        before = [parameter.detach().clone() for parameter in (*self._parameters, *self.average)]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):  # capture wants the optimiser's state and every workspace to be there
                self._learn(side)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._learn(side)
        with torch.no_grad():
            torch._foreach_copy_([*self._parameters, *self.average], before)
        for state in self._optimiser.state.values():
            for tensor in state.values():
                tensor.zero_()
        self._graphs[side] = graph.replay

    def __call__(self, frames: Tensor, flows: Tensor) -> None:
        """Learns from what ``KeptScenes.shown`` gives; the loss is added to ``loss``."""
        side = frames.shape[-1]
        for place, value in zip(self._inputs[side], (frames, flows), strict=True):
            place.copy_(value)
        self._graphs[side]()

    def _learn(self, side: int) -> None:
        frames, flows = self._inputs[side]
        self._optimiser.zero_grad(set_to_none=False)
        loss = flow_error(self._flow.levels(frames[:, 0], frames[:, 1]), flows)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._parameters, LONGEST_GRADIENT, foreach=True)
        self._optimiser.step()
        with torch.no_grad():
            # By a tensor, which a graph reads anew at each replay.
            torch._foreach_mul_(self.average, self._decay)
            torch._foreach_add_(self.average, torch._foreach_mul(self._parameters, 1 - self._decay))
            self.loss.add_(loss.detach())


def learn(args: argparse.Namespace, device: torch.device) -> Dain:
    """The network whose flow has learnt, with averaged weights."""
    torch.manual_seed(args.seed)
    net = recipe_of("dain").build("", args.width)
    assert isinstance(net, Dain)
    if args.begin_with:
        net.load_state_dict({name: value.float() for name, value in load_file(args.begin_with).items()})
    net.to(device)
    bank = CropBank.load(args.crops)
    source = SyntheticMotion(side=args.side, size=AT_ONCE, bank=bank, flows=True, seed=args.seed, device=device)
    scenes = KeptScenes(source, args.scenes)
    rate, decay = torch.tensor(0.0, device=device), torch.tensor(0.0, device=device)
    step = FlowStep(net, rate, decay, args.batch)
    while scenes.drawn < args.first:
        scenes.add()
    for side in sorted({SMALL_PX, args.side}):
        step.prepare(side)
    ended = threading.Event()
    if device.type == "cuda":
        threading.Thread(target=scenes.keep_adding, args=(ended,), daemon=True).start()
    steps = _run(args, scenes, step, rate, decay)
    ended.set()
    with torch.no_grad():
        torch._foreach_copy_(list(net.optical_flow.parameters()), step.average)
    print(f"{steps} steps of {args.batch} pairs, from {scenes.drawn} scenes", flush=True)
    return net


def _run(args: argparse.Namespace, scenes: KeptScenes, step: FlowStep, rate: Tensor, decay: Tensor) -> int:
    rng = np.random.default_rng(args.seed)
    began = told = time.monotonic()
    steps = since = 0
    while (passed := (time.monotonic() - began) / args.seconds) < 1.0:
        rate.fill_(args.learning_rate * min(1.0, (steps + 1) / WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * passed)))
        decay.fill_(min(AVERAGE_DECAY, steps / (steps + 20.0)))
        step(*scenes.shown(args.batch, SMALL_PX if passed < 1.0 - args.late else args.side, rng))
        steps += 1
        if time.monotonic() - told > TOLD_S:
            apart = step.loss.item() / (steps - since) * FLOW_SCALE_PX
            print(f"step {steps}: {apart:.2f} px off in the mean of all levels, {scenes.drawn} scenes", flush=True)
            step.loss.zero_()
            since, told = steps, time.monotonic()
    return steps


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("crops", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=400.0)
    parser.add_argument("--begin-with", type=Path)
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--side", type=int, default=192, help="of scenes, px; a multiple of 64")
    parser.add_argument("--late", type=float, default=0.65, help="share of the time with scenes of that side")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=1.5e-3)
    parser.add_argument("--scenes", type=int, default=30_000, help="that are kept; 0.7 MB each at 192 px")
    parser.add_argument("--first", type=int, default=6_000, help="scenes that are drawn before it begins")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--training-data", default="clips of one's own, and made-up scenes")
    parser.add_argument("--licence", default="not stated by who trained them")
    return parser.parse_args(arguments)


def main() -> None:
    args = parsed()
    net = learn(args, torch.device(args.device))
    state = {name: value.half() if value.is_floating_point() else value for name, value in net.state_dict().items()}
    weights = Weights(state, "", "", "", args.width, args.licence, args.training_data)
    save_weights(args.out, "dain", weights, None)


if __name__ == "__main__":
    main()
