"""A file cut short is told from a whole one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media.exr_whole import is_whole
from vfi_plugin.media.writing import write_image

WINDOW = Window(0, 0, 40, 30)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("whole")
    noise = np.random.default_rng(0).random(WINDOW.shape, np.float32)
    parts = [
        Part({"R": noise}, WINDOW, WINDOW, name=name, attributes={"compression": Attribute("compression", codec)})
        for name, codec in (("a", "zips"), ("b", "none"))
    ]
    write_image(folder / "one.exr", Frame(tuple(parts[:1])))
    write_image(folder / "two.exr", Frame(tuple(parts)))
    return [folder / "one.exr", folder / "two.exr"]


def test_files_as_written_are_whole(files: list[Path]) -> None:
    assert all(is_whole(path) for path in files)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_file_cut_anywhere_is_not_whole(files: list[Path], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(files))
    content = path.read_bytes()
    cut = path.with_name("cut.exr")
    cut.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    assert not is_whole(cut)


def test_every_file_that_can_be_read_is_whole(shared_dir: Path) -> None:
    for path in sorted((shared_dir / "data" / "exr_sequences").glob("*/*.exr")):
        assert is_whole(path), path


def test_a_missing_file_is_not_whole(tmp_path: Path) -> None:
    assert not is_whole(tmp_path / "none.exr")
