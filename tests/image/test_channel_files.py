"""Files that real renderers and hosts wrote get the right classes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from vfi_plugin.image.channel_class import ChannelClass, ChannelRole, PartDescription, Treatment
from vfi_plugin.image.channel_classify import classify
from vfi_plugin.image.channel_groups import layer_groups
from vfi_plugin.image.cryptomatte_header import cryptomatte_headers, id_of_name
from vfi_plugin.image.cryptomatte_merge import merge_ranked, unpack_ranks
from vfi_plugin.image.frame import Attribute


def described(path: Path) -> list[PartDescription]:
    """What the header says; empty for a file that cannot be opened."""
    source = oiio.ImageInput.open(str(path))
    if source is None:
        _forget_error()
        return []
    return list(_parts(source))


def _forget_error() -> None:
    with suppress(UnicodeDecodeError):  # the text for one damaged file is not UTF-8
        oiio.geterror()


def _parts(source: oiio.ImageInput) -> Iterator[PartDescription]:
    index = 0
    while source.seek_subimage(index, 0):
        spec = source.spec(index)
        kinds = [str(kind) for kind in spec.channelformats] or [str(spec.format)] * spec.nchannels
        attributes = {entry.name: Attribute(str(entry.type), entry.value) for entry in spec.extra_attribs}
        yield PartDescription(
            channels=tuple(zip(spec.channelnames, kinds, strict=True)),
            name=str(spec.get("name", "")),
            view=str(spec.get("view", "")),
            attributes=attributes,
            is_deep=spec.deep,
        )
        index += 1
    _forget_error()


def roles_of(path: Path) -> dict[str, ChannelRole]:
    """Roles by ``part/channel``, with the part's name where it has one."""
    parts = described(path)
    return {f"{parts[role.part].name}/{role.channel}": role for role in classify(parts)}


def class_names(path: Path) -> dict[str, str]:
    return {name: role.channel_class.value for name, role in roles_of(path).items()}


@pytest.fixture(scope="module")
def exr_dir(shared_dir: Path) -> Path:
    return shared_dir / "data" / "exr"


def test_every_header_can_be_classified_and_grouped(exr_dir: Path) -> None:
    opened = 0
    for path in sorted(exr_dir.rglob("*.exr")):
        parts = described(path)
        opened += bool(parts)
        roles = classify(parts)
        assert len(roles) == sum(len(part.channels) for part in parts)
        places = [place for group in layer_groups(roles) for place in group.channels]
        assert sorted(places) == list(range(len(roles)))
        deep = {role.channel_class is ChannelClass.DEEP for role in roles if parts[role.part].is_deep}
        assert deep <= {True}
    assert opened > 150


def test_blender_passes(shared_dir: Path) -> None:
    found = roles_of(shared_dir / "data/exr_sequences/alpha_occl/alpha_occl.1001.exr")
    expected = {
        "Combined": {"R": "color", "G": "color", "B": "color", "A": "alpha"},
        "Depth": {"Z": "depth"},
        "Vector": dict.fromkeys("XYZW", "motion"),
        "CryptoObject00": dict.fromkeys("rgba", "crypto"),
    }
    named = {f"/ViewLayer.{name}.{one}": kind for name, channels in expected.items() for one, kind in channels.items()}
    assert {name: role.channel_class.value for name, role in found.items() if name in named} == named
    assert all(role.is_certain for role in found.values())
    assert not [role for role in found.values() if role.warnings]


def test_a_stereo_file_of_many_parts(exr_dir: Path) -> None:
    found = roles_of(exr_dir / "openexr-images/Beachball/multipart.0001.exr")
    assert {name: role.channel_class.value for name, role in found.items()} == {
        **{f"rgba_{view}/{channel}": "color" for view in ("left", "right") for channel in "RGB"},
        **{f"rgba_{view}/A": "alpha" for view in ("left", "right")},
        **{f"depth_{view}/Z": "depth" for view in ("left", "right")},
        **{f"forward_{view}/forward.{axis}": "motion" for view in ("left", "right") for axis in "uv"},
        **{f"disparity{view}/disparity{view}.{axis}": "disparity" for view in "LR" for axis in "xy"},
        **{f"whitebarmask_{view}/whitebarmask.mask": "matte" for view in ("left", "right")},
    }
    assert found["depth_left/Z"].view == "left"
    assert found["rgba_left/R"].layer == ""


def test_the_same_stereo_in_one_part(exr_dir: Path) -> None:
    found = roles_of(exr_dir / "openexr-images/Beachball/singlepart.0001.exr")
    assert found["rgba/forward.left.u"].view == "left"
    assert found["rgba/R"].view == "right", "the first view listed is the default"
    assert {name.removeprefix("rgba/"): role.channel_class.value for name, role in found.items()} == {
        **dict.fromkeys(("R", "G", "B", "left.R", "left.G", "left.B"), "color"),
        **dict.fromkeys(("A", "left.A"), "alpha"),
        **dict.fromkeys(("Z", "left.Z"), "depth"),
        **{f"forward.{view}.{axis}": "motion" for view in ("left", "right") for axis in "uv"},
        **{f"disparity{view}.{axis}": "disparity" for view in "LR" for axis in "xy"},
        **{f"whitebarmask.{view}.mask": "matte" for view in ("left", "right")},
    }


@pytest.mark.parametrize(
    ("file", "layers"),
    [
        ("gaffer/cryptomatte.exr", {"crypto_material": 6, "crypto_object": 6}),
        ("cryptomatte/special_chars.exr", {"special_chars": 6}),
        ("cryptomatte/sidecar_manifest.exr", {"crypto_asset": 6}),
        ("cryptomatte/multichannel.exr", {"crypto_asset": 6, "crypto_material": 6, "crypto_object": 6}),
        ("oiio-testsuite/cryptomatte__src__cryptoasset.exr", {"uCryptoAsset": 6}),
    ],
)
def test_cryptomattes_are_found_with_all_their_ranks(exr_dir: Path, file: str, layers: dict[str, int]) -> None:
    groups = layer_groups(classify(described(exr_dir / file)))
    found = {group.layer: len(group.ranks) for group in groups if group.channel_class is ChannelClass.CRYPTO}
    assert found == layers
    assert {group.treatment for group in groups if group.channel_class is ChannelClass.CRYPTO} == {Treatment.MERGE}


def test_manifests_of_renderers_hold_the_hashes_of_their_names(exr_dir: Path) -> None:
    names = 0
    for path in sorted(exr_dir.rglob("*.exr")):
        for part in described(path):
            for header in cryptomatte_headers(part.attributes):
                for name, digits in (header.manifest or {}).items():
                    assert int(digits, 16) == id_of_name(name), (path.name, name)
                    names += 1
    assert names > 500


def test_a_file_merged_with_itself_is_itself(exr_dir: Path) -> None:
    path = exr_dir / "gaffer/cryptomatte.exr"
    roles = classify(described(path))
    pixels = oiio.ImageBuf(str(path)).get_pixels(oiio.FLOAT)
    group = next(group for group in layer_groups(roles) if group.layer == "crypto_object")
    ids, coverage = unpack_ranks([(pixels[..., bits], pixels[..., cover]) for bits, cover in group.ranks])
    halves = np.full((2, *ids.shape[1:]), 0.5, np.float32)
    merged_ids, merged_coverage = merge_ranked(np.stack([ids, ids]), np.stack([coverage, coverage]), halves, len(ids))
    # The renderer may order equal coverages otherwise, so pixels are compared as sets of objects.
    for before, after in ((ids, merged_ids), (np.where(ids, coverage, 0), merged_coverage)):
        np.testing.assert_array_equal(np.sort(before, axis=0), np.sort(after, axis=0))


@pytest.mark.parametrize(
    "file",
    [
        "channelTestSinglePart",
        "channelTestPartPerLayer",
        "channelTestNukeSinglePart",
        "channelTestNukePartPerLayer",
        "channelTestMultiViewNukeSinglePart",
    ],
)
def test_one_picture_has_the_same_classes_however_it_is_laid_out(exr_dir: Path, file: str) -> None:
    roles = classify(described(exr_dir / f"gaffer/{file}.exr"))
    spelled = {"R": "red", "G": "green", "B": "blue", "A": "alpha"}
    expected = {
        **dict.fromkeys(("red", "green", "blue"), "color"),
        **dict.fromkeys(("Z", "ZBack"), "depth"),
        "alpha": "alpha",
        "custom": "data",
        "mask": "matte",
    }
    for role in roles:
        assert role.channel_class.value == expected[spelled.get(role.suffix, role.suffix)], role


def test_unsigned_ids_and_passes_of_v_ray(exr_dir: Path) -> None:
    assert class_names(exr_dir / "openexr-tests/manifest_id.exr")["/id"] == "id"
    found = class_names(exr_dir / "cryptomatte/cornellBox_CryptoWildcard.0001.exr")
    assert {found[f"/normals.{axis}"] for axis in "XYZ"} == {"normal"}
    assert found["/uCryptoWildcard.A"] == found["/uCryptoWildcard00.R"] == "crypto"
    assert found["/GI.R"] == found["/selfIllum.B"] == "color"
