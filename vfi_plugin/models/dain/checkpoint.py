"""The published file ``best.pth``: a plain mapping of tensors."""

from __future__ import annotations

import re

from vfi_plugin.models.dain.net import Dain
from vfi_plugin.models.variant import Variant

# Where a level of the depth network keeps its path at half size and the one at its own; the outermost level first.
_HALF_AND_HERE = ((0, 1), (0, 1), (1, 0), (1, 0))

# Order of the three convolutions of a level of the flow network's pyramid; the coarsest level has another one.
_FINE_ORDER, _COARSE_ORDER = ("a", "aa", "b"), ("aa", "a", "b")

_COARSEST = 6  # levels of the flow network are numbered from the full size on


def _trunk(first: int) -> str:
    return f"initScaleNets_filter.{first}"


def _flow(kind: str, part: str = "") -> str:
    return f"flownets.{kind}{part}"


def _pyramid(level: str, place: str) -> str:
    order = _COARSE_ORDER if int(level) + 1 == _COARSEST else _FINE_ORDER
    return _flow(f"conv{int(level) + 1}{order[int(place)]}", ".0")


def _hourglass(path: str) -> str:
    """The path of a module of the depth network's hourglass, such as "inner.leave.1.branches.0.0"."""
    found, depth = "3", 0
    while path.startswith("inner."):
        found, path = f"{found}.0.{_HALF_AND_HERE[depth][0]}.3", path.removeprefix("inner.")
        depth += 1
    part, block, rest = path.split(".", 2)
    half, here = _HALF_AND_HERE[depth]
    # At half size: pooling, two blocks (three in the innermost level), the next level, two blocks, enlarging.
    place = {"here": f"{here}.{block}", "enter": f"{half}.{int(block) + 1}", "leave": f"{half}.{int(block) + 4}"}[part]
    return f"depthNet.{found}.0.{place}.{rest.removeprefix('branches.')}"


_RULES = (
    (r"filters\.first", lambda: _trunk(0)),
    (r"filters\.down\.(\d)", lambda level: _trunk(2 + 3 * int(level))),
    (r"filters\.bottom", lambda: _trunk(17)),
    (r"filters\.up\.(\d)", lambda level: _trunk(20 + 3 * int(level))),
    (r"filters\.heads\.(\d)\.(\d)", lambda head, layer: f"initScaleNets_filter{int(head) + 1}.{layer}"),
    (r"context\.first", lambda: "ctxNet.block1.0"),
    (r"context\.blocks\.(\d)\.first", lambda block: f"ctxNet.block{int(block) + 2}.conv1"),
    (r"context\.blocks\.(\d)\.second", lambda block: f"ctxNet.block{int(block) + 2}.conv2"),
    (r"rectify\.first", lambda: "rectifyNet.block1.0"),
    (r"rectify\.blocks\.(\d)\.first", lambda block: f"rectifyNet.block{int(block) + 2}.conv1"),
    (r"rectify\.blocks\.(\d)\.second", lambda block: f"rectifyNet.block{int(block) + 2}.conv2"),
    (r"rectify\.last", lambda: "rectifyNet.block5.0"),
    (r"optical_flow\.pyramid\.(\d)\.(\d)", _pyramid),
    (r"optical_flow\.estimators\.(\d)\.layers\.(\d)", lambda n, i: _flow(f"conv{_COARSEST - int(n)}", f"_{i}.0")),
    (r"optical_flow\.estimators\.(\d)\.flow", lambda n: _flow(f"predict_flow{_COARSEST - int(n)}")),
    (r"optical_flow\.enlargers\.(\d)\.flow", lambda n: _flow(f"deconv{_COARSEST - int(n)}")),
    (r"optical_flow\.enlargers\.(\d)\.features", lambda n: _flow(f"upfeat{_COARSEST - int(n)}")),
    (r"optical_flow\.unused", lambda: _flow("deconv2")),
    (r"optical_flow\.refinement\.(\d)", lambda i: _flow(f"dc_conv{int(i) + 1}", ".0")),
    (r"optical_flow\.last", lambda: _flow("dc_conv7")),
    (r"depth\.first", lambda: "depthNet.0"),
    (r"depth\.norm", lambda: "depthNet.1"),
    (r"depth\.hourglass\.(.+)", _hourglass),
    (r"depth\.last", lambda: "depthNet.4"),
)
"""Pattern of a module's path here, and what makes the published one of the parts in brackets."""


def published(name: str) -> str:
    """The published name of one of the network's own tensors."""
    module, leaf = name.rsplit(".", 1)
    for pattern, rename in _RULES:
        if match := re.fullmatch(pattern, module):
            return f"{rename(*match.groups())}.{leaf}"
    raise AssertionError(f"{name} has no published name")


VARIANTS = (Variant("", "DAIN (best.pth)", Dain, published),)
"""The one architecture that there is."""
