"""The weights to use out of a checkpoint, where their own file is not at hand or was too large to be kept."""

from __future__ import annotations

from pathlib import Path

from vfi_plugin.errors import UsageError
from vfi_plugin.train.checkpoint import has_checkpoint, read_checkpoint, read_record
from vfi_plugin.train.choices import origin_of
from vfi_plugin.train.export import export_weights
from vfi_plugin.train.recipes import recipe_of
from vfi_plugin.train.request import TrainingRequest
from vfi_plugin.train.run_folder import BEST_IN_PARTS
from vfi_plugin.train.trainer import averaged_weights


def export_from_checkpoint(asked: TrainingRequest, path: Path) -> str:
    """Writes the averaged weights of a training as a file that ``--weights`` takes.

    Args:
        asked: ``name`` of the network and ``out``, the training's folder; ``half``, ``licence`` and ``training_data``
            where they are to be others than the training has.
        path: of the file.

    Returns:
        Which weights they are: "the best, of step 500", or the newest.

    Raises:
        UsageError: the training is of another network.
        WeightsError: there is no checkpoint, or it is damaged.
        WriteError: the file cannot be written.
    """
    record = read_record(asked.out)
    if record.get("network") != asked.name:
        raise UsageError(f"{asked.out} has a training of {record.get('network')}, not of {asked.name}; name that")
    best = asked.out / BEST_IN_PARTS
    is_best = has_checkpoint(best)
    state = read_checkpoint(best if is_best else asked.out).state
    request = asked.going_on(record["options"])
    origin = origin_of(request, recipe_of(asked.name))
    export_weights(path, averaged_weights(state), origin, half=bool(request.half))
    return f"the {'best' if is_best else 'newest'}, of step {state.step}"
