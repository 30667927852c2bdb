"""Channels that belong together are found together, and each channel in one group only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfi_plugin.errors import UsageError
from vfi_plugin.image.channel_class import ChannelClass, PartDescription, Treatment
from vfi_plugin.image.channel_classify import classify
from vfi_plugin.image.channel_groups import LayerGroup, layer_groups
from vfi_plugin.image.channel_overrides import ChannelMap, parse_channel_rule

from .channel_headers import cryptomatte, part


class Grouped:
    """The groups of a file, by the names of its channels."""

    def __init__(self, *parts: PartDescription, rules: tuple[str, ...] = ()) -> None:
        self.roles = classify(parts, ChannelMap(rules=tuple(parse_channel_rule(rule) for rule in rules)))
        self.groups = layer_groups(self.roles)

    def of(self, channel: str) -> LayerGroup:
        return next(group for group in self.groups if channel in self.names(group))

    def names(self, group: LayerGroup) -> list[str]:
        return [self.roles[place].channel for place in group.channels]

    def alpha_of(self, channel: str) -> str | None:
        place = self.of(channel).alpha
        return None if place is None else self.roles[place].channel


def test_a_layer_without_alpha_takes_the_beautys() -> None:
    found = Grouped(part("R|G|B|A|diffuse.R|diffuse.G|diffuse.B|fg.R|fg.A|fg.spec.R"))
    assert found.names(found.of("diffuse.G")) == ["diffuse.R", "diffuse.G", "diffuse.B"]
    alphas = {channel: found.alpha_of(channel) for channel in ("R", "diffuse.R", "fg.R", "fg.spec.R")}
    assert alphas == {"R": "A", "diffuse.R": "A", "fg.R": "fg.A", "fg.spec.R": "fg.A"}


def test_blenders_passes_take_the_alpha_of_combined() -> None:
    found = Grouped(part("View.Combined.R|View.Combined.A|View.DiffCol.R"))
    assert found.alpha_of("View.DiffCol.R") == "View.Combined.A"


def test_alpha_is_of_the_same_view() -> None:
    found = Grouped(part("R|A|right.R|right.A|diff.right.R|diff.left.R|diff.R", multiView=("left", "right")))
    assert [found.alpha_of(channel) for channel in ("R", "right.R", "diff.right.R", "diff.left.R", "diff.R")] == [
        "A",
        "right.A",
        "right.A",
        "A",
        "A",
    ]


def test_alpha_may_stand_in_another_part_but_the_same_part_comes_first() -> None:
    one = Grouped(part("R|G|B", name="rgb"), part("A", name="RGBA"))
    assert one.alpha_of("R") == "A"
    two = layer_groups(classify([part("R|A", name="rgba"), part("R|A", name="main")]))
    assert [group.alpha for group in two if group.channel_class is ChannelClass.COLOR] == [1, 3]


def test_an_override_names_the_alpha_or_none() -> None:
    layers = part("R|A|facing.R|flat.R|own.A")
    found = Grouped(layers, rules=("facing.R=color,alpha=own.A", "flat.R=color,alpha=none"))
    assert (found.alpha_of("facing.R"), found.alpha_of("flat.R")) == ("own.A", None)
    with pytest.raises(UsageError, match=r"facing\.R: there is no channel gone\.A"):
        Grouped(layers, rules=("facing.R=color,alpha=gone.A",))


def test_a_cryptomatte_is_one_group_in_rank_order_over_all_its_layers() -> None:
    layers = "c01.b|c01.a|c01.r|c01.g|c.R|c.G|c.B|c10.r|c10.g|c00.red|c00.green|c00.blue|c00.alpha"
    found = Grouped(replace(part(layers, "float"), attributes=cryptomatte("c")))
    (group,) = found.groups
    assert group.treatment is Treatment.MERGE
    assert [(found.roles[bits].channel, found.roles[cover].channel) for bits, cover in group.ranks] == [
        ("c00.red", "c00.green"),
        ("c00.blue", "c00.alpha"),
        ("c01.r", "c01.g"),
        ("c01.b", "c01.a"),
        ("c10.r", "c10.g"),
    ]
    assert len(group.channels) == len(found.roles)


def test_a_cryptomatte_may_lie_in_a_part_for_each_layer() -> None:
    parts = [part("r|g|b|a", "float", name=f"crypto0{number}") for number in (1, 0)]
    (group,) = layer_groups(classify(parts))
    assert group.layer == "crypto"
    assert group.ranks == ((4, 5), (6, 7), (0, 1), (2, 3))


def test_one_rank_in_half_makes_the_whole_cryptomatte_a_pick() -> None:
    found = Grouped(part("crypto00.r|crypto00.g|half:crypto01.r|crypto01.g", "float"))
    assert [group.treatment for group in found.groups] == [Treatment.PICK]


def test_axes_are_ordered_whatever_the_order_in_the_file() -> None:
    found = Grouped(part("N.Z|N.Y|N.X|Vector.W|Vector.X|Vector.Z|Vector.Y|NZ|NX|NY|N.A", "float"))
    assert found.names(found.of("N.X")) == ["N.X", "N.Y", "N.Z"]
    assert found.names(found.of("Vector.X")) == ["Vector.X", "Vector.Y", "Vector.Z", "Vector.W"]
    assert found.names(found.of("NX")) == ["NX", "NY", "NZ"]
    assert found.alpha_of("N.X") == "N.A"


def test_forward_and_backward_vectors_name_each_other() -> None:
    found = Grouped(part("forward.v|forward.u|backward.u|backward.v|b.backward.u|motionvector.x|motionvector.y"))
    forward, backward = found.of("forward.u"), found.of("backward.u")
    assert found.names(forward) == ["forward.u", "forward.v"]
    assert found.groups[forward.opposite or 0] is backward
    assert found.groups[backward.opposite or 0] is forward
    assert found.of("b.backward.u").opposite is found.of("motionvector.x").opposite is None


LAYERS = [
    f"{layer}{suffix}"
    for layer in ("", "x.", "N.", "crypto00.", "crypto.", "forward.", "backward.")
    for suffix in "RGAXuZ"
]


@given(st.lists(st.sampled_from([*LAYERS, "id", "velX"]), unique=True))
def test_every_channel_is_in_exactly_one_group(channels: list[str]) -> None:
    roles = classify([PartDescription(tuple((channel, "float") for channel in channels))])
    places = [place for group in layer_groups(roles) for place in group.channels]
    assert sorted(places) == list(range(len(roles)))
