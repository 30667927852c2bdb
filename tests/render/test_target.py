"""Where frames go."""

from __future__ import annotations

from pathlib import Path

import pytest

from vfi_plugin.errors import UsageError, WriteError
from vfi_plugin.media.movie_writer import DEFAULT_FORMATS
from vfi_plugin.render.target import MOVIE_TARGETS, Target


def test_every_movie_suffix_offered_has_a_format() -> None:
    assert set(MOVIE_TARGETS) == set(DEFAULT_FORMATS)


@pytest.mark.parametrize("name", ["slow.####.exr", "slow.%04d.exr", "slow.1001.exr"])
def test_a_sequence_target_may_be_written_in_any_notation(name: str) -> None:
    pattern = Target.parse(f"/shots/{name}").pattern
    assert pattern is not None
    assert pattern.path(7) == Path("/shots/slow.0007.exr")


@pytest.mark.parametrize(
    ("name", "words"), [("slow.png", "EXR sequence"), ("slow.exr", r"slow.####.exr"), ("slow", "movie")]
)
def test_a_target_that_cannot_be_written_is_refused_in_words(name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Target.parse(name)


def test_a_folder_that_cannot_be_made_is_a_write_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteError, match="choose another target"):
        Target.parse(tmp_path / "file" / "out" / "slow.####.exr").make_folder()
