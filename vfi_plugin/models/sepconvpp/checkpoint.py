"""How the published file of SepConv++ names its tensors."""

from __future__ import annotations

from vfi_plugin.models.sepconvpp.net import SepConvPlusNet
from vfi_plugin.models.variant import Variant

_STEMS = {
    **{f"encoder.{index}": f"netEncode.0.netVer.{index + 1}.netMain" for index in range(4)},
    **{f"refine.{index}": f"netDecode.0.netHor.{index}.netMain" for index in range(4)},
    **{f"enlarge.{index}": f"netDecode.0.netVer.{index + 1}.netMain" for index in range(3)},
    "vertical_0": "netVerone.netMain",
    "horizontal_0": "netHorone.netMain",
    "vertical_1": "netVertwo.netMain",
    "horizontal_1": "netHortwo.netMain",
}


def _published(name: str) -> str:
    """``encoder.0.1.bias`` -> ``netEncode.0.netVer.1.netMain.1.bias``: layers are numbered alike."""
    stem, *rest = name.rsplit(".", 2)
    return f"netInput.{rest[-1]}" if name.startswith("stem.") else ".".join([_STEMS[stem], *rest])


VARIANTS = (Variant("", "SepConv++ (network-paper.pytorch)", SepConvPlusNet, _published),)
