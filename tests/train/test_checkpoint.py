"""Checkpoints: small files that can be shared, switched all at once, and refused where something is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from toy_training import SETTINGS, ToySource, toy, trained

from vfi_plugin.errors import UsageError, WeightsError, WriteError
from vfi_plugin.train import checkpoint as module
from vfi_plugin.train.checkpoint import PART_BYTES, POINTER, Checkpoint, read_checkpoint, write_checkpoint
from vfi_plugin.train.run_folder import checkpoint_of
from vfi_plugin.train.trainer import State, Trainer

LIMIT = 2048


def state(step: int = 3) -> State:
    """Some tensors of every kind, one of them larger than a part may be."""
    generator = torch.Generator().manual_seed(step)
    tensors = {
        "large": torch.rand(30, 50, generator=generator),
        "count": torch.tensor(step),
        "halves": torch.rand(7, generator=generator).half(),
        "none": torch.zeros(0, 4),
        "turned": torch.rand(4, 5, generator=generator).T,
    }
    return State(step, tensors, {"samples": 12})


def parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("state-*.safetensors"))


def is_same(found: State, expected: State) -> bool:
    names = found.tensors.keys() == expected.tensors.keys() and found.step == expected.step
    return names and all(torch.equal(found.tensors[name], expected.tensors[name]) for name in expected.tensors)


@pytest.mark.parametrize("limit", [1024, LIMIT, PART_BYTES])
def test_what_was_written_is_read_and_no_file_is_larger_than_the_limit(limit: int, tmp_path: Path) -> None:
    write_checkpoint(tmp_path, Checkpoint(state(), {"network": "toy"}), limit)
    found = read_checkpoint(tmp_path)
    assert is_same(found.state, state())
    assert found.state.tensors["halves"].dtype == torch.float16
    assert found.state.values == {"samples": 12}
    assert found.record == {"network": "toy"}
    sizes = [path.stat().st_size for path in parts(tmp_path)]
    assert max(sizes) <= limit
    assert (len(sizes) > 1) == (limit < PART_BYTES)


def test_no_more_files_are_made_than_the_values_need(tmp_path: Path) -> None:
    # Tensors of more than half a file each, of which none fits beside another.
    tensors = {f"t{number}": torch.rand(150, 100) for number in range(6)}
    limit = 100_000
    write_checkpoint(tmp_path, Checkpoint(State(1, tensors, {}), {}), limit)
    assert len(parts(tmp_path)) == 4  # 360 kB
    assert is_same(read_checkpoint(tmp_path).state, State(1, tensors, {}))


def test_a_real_training_fits_into_small_parts(tmp_path: Path) -> None:
    trainer = trained(Trainer(toy(critic=True, normalised=True), ToySource(), SETTINGS), 2)
    write_checkpoint(tmp_path, Checkpoint(trainer.state(), {}), LIMIT)
    assert is_same(read_checkpoint(tmp_path).state, trainer.state())
    assert all(path.stat().st_size <= LIMIT for path in parts(tmp_path))


def test_a_new_checkpoint_takes_the_place_of_the_last(tmp_path: Path) -> None:
    for step in (1, 2, 2, 3):
        write_checkpoint(tmp_path, Checkpoint(state(step), {}), LIMIT)
    assert is_same(read_checkpoint(tmp_path).state, state(3))
    named = {part["file"] for part in json.loads((tmp_path / POINTER).read_text())["parts"]}
    assert {path.name for path in tmp_path.iterdir()} == named | {POINTER}


@pytest.mark.parametrize("writes", range(4))
def test_a_kill_while_writing_leaves_the_last_checkpoint_whole(
    writes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_checkpoint(tmp_path, Checkpoint(state(1), {}), LIMIT)
    real, done = module.write_whole, []

    def killed(path: Path, content: bytes) -> None:
        if len(done) == writes:
            path.with_name(f".{path.name}.99.tmp").write_bytes(content[:100])
            raise KeyboardInterrupt
        done.append(path)
        real(path, content)

    monkeypatch.setattr(module, "write_whole", killed)
    with pytest.raises(KeyboardInterrupt):
        write_checkpoint(tmp_path, Checkpoint(state(2), {}), LIMIT)
    monkeypatch.undo()
    assert is_same(read_checkpoint(tmp_path).state, state(1))
    write_checkpoint(tmp_path, Checkpoint(state(3), {}), LIMIT)
    assert not list(tmp_path.glob(".*.tmp"))
    assert is_same(read_checkpoint(tmp_path).state, state(3))


def _lacking(folder: Path) -> None:
    parts(folder)[1].unlink()


def _turned(folder: Path) -> None:
    content = bytearray(parts(folder)[0].read_bytes())
    content[-1] ^= 1
    parts(folder)[0].write_bytes(content)


def _cut_off(folder: Path) -> None:
    (folder / POINTER).write_text((folder / POINTER).read_text()[:50])


def _told(folder: Path, key: str, value: object) -> None:
    told = json.loads((folder / POINTER).read_text())
    (folder / POINTER).write_text(json.dumps({**told, key: value}))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_lacking, "cannot be read"),
        (_turned, "is damaged: it is not what checkpoint.json says"),
        (_cut_off, "checkpoint.json is damaged"),
        (lambda folder: _told(folder, "format", 9), "has the format 9, and this version reads 1"),
        (lambda folder: _told(folder, "parts", [{"file": "../secret", "sha256": ""}]), "it names the file"),
        (lambda folder: _told(folder, "parts", []), "damaged or missing"),
        (lambda folder: _told(folder, "parts", 7), "checkpoint.json is damaged"),
        (lambda folder: (folder / POINTER).write_text("[]"), "checkpoint.json is damaged"),
        (lambda folder: (folder / POINTER).unlink(), "there is no checkpoint.json"),
    ],
)
def test_a_damaged_checkpoint_is_refused_in_one_line(damage: object, said: str, tmp_path: Path) -> None:
    write_checkpoint(tmp_path, Checkpoint(state(), {}), LIMIT)
    assert callable(damage)
    damage(tmp_path)
    with pytest.raises(WeightsError, match=said) as raised:
        read_checkpoint(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="cannot be written"):
        write_checkpoint(tmp_path / "absent", Checkpoint(state(), {}))


def test_a_training_is_never_written_over_unasked(tmp_path: Path) -> None:
    assert checkpoint_of(tmp_path, resume=False) is None
    write_checkpoint(tmp_path, Checkpoint(state(), {}))
    with pytest.raises(UsageError, match="has a training already; go on with --resume"):
        checkpoint_of(tmp_path, resume=False)
    found = checkpoint_of(tmp_path, resume=True)
    assert found is not None
    assert found.state.step == 3
