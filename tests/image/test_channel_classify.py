"""Every channel gets the class that its header, type and name tell, in the order of their strength.

The expected classes are the table of cases that the classification was specified with.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vfi_plugin.errors import UsageError
from vfi_plugin.image.channel_class import ChannelClass, ChannelRole, PartDescription, Treatment, warning_lines
from vfi_plugin.image.channel_classify import classify
from vfi_plugin.image.channel_overrides import ChannelMap, parse_channel_rule

from .channel_headers import cryptomatte, part


def classes(*parts: PartDescription, rules: tuple[str, ...] = ()) -> str:
    """The class of every channel, in file order, as words."""
    roles = classify(parts, ChannelMap(rules=tuple(parse_channel_rule(rule) for rule in rules)))
    return " ".join(role.channel_class.value for role in roles)


def only(description: PartDescription) -> ChannelRole:
    (role,) = classify([description])
    return role


CASES = [
    ("R|G|B|A", "half", "color color color alpha"),
    ("float:Z|R|G|B|A", "half", "depth color color color alpha"),
    ("zenith.R|zenith.G|zenith.B", "half", "color color color"),
    ("noise.R|N.X|N.Y|N.Z", "float", "color normal normal normal"),
    ("n.r|n.g|n.b", "half", "color color color"),
    ("video.R|sidewalk.R", "half", "color color"),
    ("uint:id", "half", "id"),
    ("id.R", "float", "id"),
    ("P.X|P.Y|P.Z|specular.R|composite.R", "float", "position position position color color"),
    ("uv.R|uv.G|uv.B", "half", "uv uv uv"),
    ("uv.U|uv.V", "half", "uv uv"),
    ("stmap.r|stmap.g", "float", "stmap stmap"),
    ("lensDistortion.u|lensDistortion.v", "float", "stmap stmap"),
    ("forward.u|forward.v|backward.u|backward.v|motion.a", "half", "motion motion motion motion matte"),
    ("motionBlurredBeauty.R", "half", "color"),
    ("cryptography.R", "float", "color"),
    ("crypto_object00.r", "float", "crypto"),
    ("crypto_object00.r", "half", "crypto"),
    (
        "ViewLayer.Vector.X|ViewLayer.Vector.Y|ViewLayer.Vector.Z|ViewLayer.Vector.W",
        "float",
        "motion motion motion motion",
    ),
    ("ViewLayer.Depth.Z", "float", "depth"),
    ("ViewLayer.IndexOB.X|ViewLayer.Mist.Z|ViewLayer.Denoising Normal.X", "float", "id matte normal"),
    ("VRayZDepth.R|VRayZDepth.G|VRayZDepth.B", "half", "depth depth depth"),
    ("VRayMtlID.R|VRayMtlID.G|VRayMtlID.B", "half", "id id id"),
    ("MultiMatteElement_1.R|PuzzleMatte2.B|MatteID3.R|opacity.R|mask.a", "half", "matte matte matte matte matte"),
    ("depthOfFieldBeauty.R|unmasked_diffuse.R|light_key.R", "half", "color color color"),
    ("AA_inv_density|sampleCount|cpuTime", "float", "count count count"),
    ("zfiltered_var|mse.R", "float", "variance variance"),
    ("foo.X|foo.Y|foo.Z", "float", "data data data"),
    ("Y|RY|BY", "half", "color color color"),
    ("X|Y|Z", "float", "data data data"),
    ("N.world.X|P.camera.Z", "float", "normal position"),
    ("__depth.r|__depth.g|__depth.b", "float", "depth depth depth"),
    ("disparityL.x", "half", "disparity"),
    # Names of the sources that the rules were collected from, beside the table.
    ("motionFore.x|__Nworld.x|id.geometry|MatteID0.r", "float", "motion normal id matte"),
    ("NX|NY|NZ|velX|velY|U|V", "float", "normal normal normal motion motion uv uv"),
    ("FinalImageMotionVectors.R|FinalImage_WorldDepth.R", "half", "motion depth"),
    ("whitebarmask.mask|character.ZBack|character.custom|character.R", "half", "matte depth data color"),
    ("ao|Y|right.Y", "half", "color color color"),
    ("Y|float:Z", "half", "color depth"),
    ("uint:sampleCount|uint:foo", "half", "count id"),
    ("p.r|P.r", "float", "color position"),
]


@pytest.mark.parametrize(("channels", "kind", "expected"), CASES)
def test_a_name_gets_its_class(channels: str, kind: str, expected: str) -> None:
    assert classes(part(channels, kind)) == expected


def test_a_lower_case_n_is_color_with_a_warning() -> None:
    role = only(part("n.r"))
    assert not role.is_certain
    assert "capital N" in role.warnings[0]


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("crypto_material", "crypto_material"),
        ("ViewLayer.CryptoObject", "ViewLayer.CryptoObject"),
        ("a (b)+", "a (b)+"),
    ],
)
def test_metadata_makes_every_channel_of_a_cryptomatte_one(name: str, layers: str) -> None:
    channels = f"{layers}.R|{layers}00.red|{layers}00.green|{layers}00.blue|{layers}00.alpha"
    roles = classify([replace(part(channels, "float"), attributes=cryptomatte(name))])
    assert {role.channel_class for role in roles} == {ChannelClass.CRYPTO}
    assert {role.crypto_name for role in roles} == {name}
    assert [role.treatment for role in roles] == [Treatment.PICK, *[Treatment.MERGE] * 4], "the preview is no list"
    assert not warning_lines(roles)


def test_a_cryptomatte_without_metadata_is_merged_with_a_warning() -> None:
    role = only(part("crypto_object00.r", "float"))
    assert role.treatment is Treatment.MERGE
    assert "does not declare" in role.warnings[0]


def test_a_cryptomatte_in_half_is_picked_and_called_corrupt() -> None:
    role = only(part("crypto_object00.r", "half"))
    assert role.treatment is Treatment.PICK
    assert any("corrupt" in warning for warning in role.warnings)


def test_the_preview_of_a_cryptomatte_may_be_half_and_lossy() -> None:
    layers = part("c.R|float:c00.r|float:c00.g", compression="dwaa")
    roles = classify([replace(layers, attributes={**layers.attributes, **cryptomatte("c")})])
    assert [bool(role.warnings) for role in roles] == [False, True, True]


@pytest.mark.parametrize("compression", ["dwaa", "dwab:45"])
def test_a_cryptomatte_under_dwa_is_called_damaged(compression: str) -> None:
    roles = classify([part("crypto00.R|crypto00.A", "float", compression=compression)])
    assert [any("lossy" in warning for warning in role.warnings) for role in roles] == [True, False]


@pytest.mark.parametrize("kind", ["half", "float", "uint"])
def test_deep_samples_are_deep_whatever_they_are_called(kind: str) -> None:
    deep = replace(part("Z|ZBack|A|id", kind), is_deep=True)
    assert classes(deep) == classes(deep, rules=("*=color",)) == "deep deep deep deep"
    assert classes(part("Z", type="deepscanline")) == "deep"


def test_views_of_one_part_are_cut_from_names() -> None:
    roles = classify([part("R|right.R|depth.right.Z|left.Z|right.character.mask", multiView=("left", "right"))])
    assert [role.channel_class.value for role in roles] == ["color", "color", "depth", "depth", "matte"]
    assert [(role.view, role.layer) for role in roles] == [
        ("left", ""),
        ("right", ""),
        ("right", "depth"),
        ("left", ""),
        ("right", "character"),
    ]


def test_the_view_is_the_piece_before_the_last_where_two_would_do() -> None:
    (role,) = classify([part("left.depth.right.Z", multiView=("left", "right"))])
    assert (role.view, role.layer) == ("right", "left.depth")


def test_views_given_by_a_person_serve_only_where_the_header_has_none() -> None:
    given_views = ChannelMap(views=("left", "right"))
    (bare,) = classify([part("depth.right.Z")], given_views)
    (declared,) = classify([part("depth.right.Z", multiView=("right",))], given_views)
    (undeclared,) = classify([part("depth.right.Z")])
    assert (bare.view, declared.view, undeclared.view) == ("right", "right", "")
    beside_a_view = classify([part("R", view="main"), part("depth.right.Z")], given_views)[1]
    assert beside_a_view.layer == "depth.right", "a file that knows views declares all of them"


def test_the_name_of_a_part_is_its_layer_where_channels_have_none() -> None:
    assert (
        classes(part("R|G|B", name="rgba"), part("R|G|B", name="WorldNormal"))
        == "color color color normal normal normal"
    )


def test_the_view_is_cut_from_the_name_of_a_part() -> None:
    roles = classify([part("R", name="rgba.left", view="left"), part("Z", name="depth_left", view="left")])
    assert [(role.layer, role.view, role.channel_class.value) for role in roles] == [
        ("", "left", "color"),
        ("depth", "left", "depth"),
    ]


def test_the_name_of_the_only_part_says_nothing() -> None:
    assert classes(part("R|G|B|A", name="shot_010_depth_test")) == "color color color alpha"


def test_the_name_of_a_part_counts_less_than_a_layer() -> None:
    by_part = classify([part("R", name="rgba"), part("R", name="normals")])[1]
    by_layer = only(part("normals.R"))
    assert by_part.confidence < by_layer.confidence


def test_an_override_comes_before_everything_but_the_kind_of_part() -> None:
    crypto = replace(part("crypto00.r|motion.R", "float"), attributes=cryptomatte("crypto"))
    assert classes(crypto, rules=("crypto*=data", "motion.*=color")) == "data color"
    assert classes(part("uint:id"), rules=("id=count",)) == "count"


def test_an_unknown_channel_is_picked_or_what_the_defaults_say() -> None:
    unknown = [part("foo.X")]
    assert classify(unknown)[0].treatment is Treatment.PICK
    assert classify(unknown, ChannelMap(unknown="drop"))[0].treatment is Treatment.DROP
    stated = ChannelMap(rules=(parse_channel_rule("foo.*=data"),), unknown="blend")
    assert classify(unknown, stated)[0].treatment is Treatment.PICK, "a class that a person named is no unknown"


def test_report_error_refuses_a_guess_and_names_it() -> None:
    with pytest.raises(UsageError, match=r"1 channels is a guess \(foo\.X\)"):
        classify([part("R|foo.X")], ChannelMap(report="error"))
    assert classify([part("R|G")], ChannelMap(report="error"))


def test_report_off_keeps_silent() -> None:
    assert not warning_lines(classify([part("foo.X")], ChannelMap(report="off")))


def test_a_warning_is_told_once_for_a_layer() -> None:
    assert len(warning_lines(classify([part("foo.X|foo.Y|foo.Z")]))) == 1


def test_float_color_in_a_half_file_is_color_with_a_hint() -> None:
    role = classify([part("R|G|B|float:tech.R")])[3]
    assert role.channel_class is ChannelClass.COLOR
    assert "float in a file of half" in role.warnings[0]
    assert not classify([part("R|tech.R", "float")])[1].warnings


NAMES = st.text(st.sampled_from("RGBAZNPXYuv.crypto0_9 idmask"), min_size=1, max_size=16) | st.text(max_size=8)


@given(
    st.lists(st.lists(st.tuples(NAMES, st.sampled_from(["half", "float", "uint", "uint8"])), max_size=6), max_size=3),
    st.sampled_from(["", "left", "rgba", "N"]),
    st.sampled_from(["", "left"]),
)
def test_no_header_is_too_strange(parts: list[list[tuple[str, str]]], name: str, view: str) -> None:
    described = [PartDescription(tuple(channels), name, view, cryptomatte(name)) for channels in parts]
    roles = classify(described)
    assert [(role.part, role.channel) for role in roles] == [
        (index, channel) for index, channels in enumerate(parts) for channel, _ in channels
    ]
    assert all(0 < role.confidence <= 1 for role in roles)
    unsigned = {role.channel_class for role in roles if role.pixel_type == "uint"}
    assert unsigned <= {ChannelClass.ID, ChannelClass.COUNT, ChannelClass.CRYPTO}, "whole numbers are never blended"
