"""How timelines write paths."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import opentimelineio as otio
import pytest

from vfi_plugin.errors import InputError
from vfi_plugin.timeline.media_path import MediaPlaces, find_media


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a movie and two sequences; only names matter here."""
    there = tmp_path / "größe 100%"
    there.mkdir()
    for name in ("a b#1.mov", "plate.1001.exr", "plate.1002.exr", "A001_0102.mov", "50%25.mov"):
        (there / name).write_bytes(b"x")
    return there


def found(url: str, folder: Path, sources: Path | None = None) -> str:
    return find_media(otio.schema.ExternalReference(url), MediaPlaces(folder, sources))


@pytest.mark.parametrize(
    "written",
    [
        "{path}",
        "file://{encoded}",
        "file://localhost{encoded}",
        "file:{encoded}",
        "FILE://{encoded}",
        "{encoded}",
        "file://{path}",
        "a b#1.mov",
        "./a%20b%231.mov",
        "..\\größe 100%\\a b#1.mov",
    ],
)
def test_a_movie_is_found_however_it_is_written(folder: Path, written: str) -> None:
    path = folder / "a b#1.mov"
    text = written.format(path=path, encoded=quote(str(path)))
    assert Path(found(text, folder)).samefile(path)


@pytest.mark.parametrize(
    "written",
    [
        "D:\\shots\\day 1\\a b#1.mov",
        "file:///D:/shots/a%20b%231.mov",
        "\\\\nas\\shots\\a b#1.mov",
        "file://nas/x/a b#1.mov",
    ],
)
def test_paths_of_other_machines_lead_to_the_named_folder_by_file_name(folder: Path, written: str) -> None:
    elsewhere = MediaPlaces(Path("/nowhere"), folder)
    assert find_media(otio.schema.ExternalReference(written), elsewhere) == str(folder / "a b#1.mov")
    with pytest.raises(InputError, match="is not there; put it back, or name its new folder with --sources"):
        found(written, folder)


@pytest.mark.parametrize(
    "name", ["plate.%04d.exr", "plate.####.exr", "plate.[1001-1002].exr", "plate.1001.exr", "plate.1000.exr"]
)
def test_a_sequence_is_found_in_every_notation(folder: Path, name: str) -> None:
    assert found(name, folder) == str(folder / name)
    assert found(f"file://{quote(str(folder))}/{name}", folder) == str(folder / name)
    assert found(f"file://{quote(str(folder / name))}", folder) == str(folder / name)


def test_a_name_that_looks_encoded_is_taken_as_it_is_where_it_is_there(folder: Path) -> None:
    assert found("50%25.mov", folder) == str(folder / "50%25.mov")


def test_an_image_sequence_reference_is_found_by_its_parts(folder: Path) -> None:
    for base in (str(folder), folder.as_uri(), folder.as_uri() + "/", "", "."):
        reference = otio.schema.ImageSequenceReference(base, "plate.", ".exr", 1001, 1, 24, 4)
        assert Path(find_media(reference, MediaPlaces(folder))).parent.samefile(folder)


@pytest.mark.parametrize("url", ["A001_0101.mov", "plate.####.dpx", "none", ".", "https://example.com/a.mov"])
def test_what_is_not_there_is_not_found(folder: Path, url: str) -> None:
    with pytest.raises(InputError, match="is not there"):
        found(url, folder)


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        (otio.schema.MissingReference(), "its reference is a MissingReference"),
        (otio.schema.GeneratorReference(), "its reference is a GeneratorReference"),
        (otio.schema.ExternalReference(), "its reference names no file"),
        (None, "its reference is none"),
    ],
)
def test_a_clip_without_media_says_so(folder: Path, reference: object, why: str) -> None:
    with pytest.raises(InputError, match=why):
        find_media(reference, MediaPlaces(folder))
