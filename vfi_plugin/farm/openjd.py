"""Open Job Description: the template, and values of its parameters for ``openjd run`` and for AWS Deadline Cloud.

The template has a place-holder for whatever an engine may map to another machine. Options stand in it as they are: to
change one would be another plan, whose digest the tasks would refuse.

Files are ASCII: ``openjd`` reads them in the platform's own encoding, and YAML has escapes for all other letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from vfi_plugin.errors import UsageError
from vfi_plugin.farm.command import (
    CHUNK,
    EXECUTABLE,
    FRAMES,
    OPTION_FILES,
    PROGRESS,
    SEQUENCES,
    SOURCE,
    TARGET,
    Place,
    Word,
    filled,
)
from vfi_plugin.farm.job import FarmJob
from vfi_plugin.timing.ranges import format_range

TEMPLATE, CLOUD_VALUES, ASSETS = "template.yaml", "parameter_values.yaml", "asset_references.yaml"
"""Names that AWS Deadline Cloud prescribes for the files of a bundle."""

LOCAL_VALUES = "openjd_values.yaml"
"""The same values as ``openjd run -p file://...`` takes them: names and values, without the cloud's list around."""

_CHUNK_SIZE = Place("ChunkSize")

_NOTICE_S = 120
"""SIGTERM is looked at between frames, and a heavy network needs a minute for a frame; then the task is killed, which
costs that frame."""

_LONGEST_NAME = 128
_LONGEST_VALUE = 1024
"""Limits of the specification."""

_MEANING = {
    SOURCE: "The source: a sequence's pattern or a movie.",
    TARGET: "Where frames go.",
    FRAMES: "Output frames to render.",
    _CHUNK_SIZE: "Frames a task.",
    EXECUTABLE: "How vfi is called on a worker.",
    OPTION_FILES["time_map"]: "The time map, a copy within the bundle.",
    OPTION_FILES["channels_map"]: "Rules for channels, a copy within the bundle.",
    OPTION_FILES["weights"]: "The model's weights.",
    OPTION_FILES["config"]: "The OCIO config.",
    OPTION_FILES["vectors_from"]: "Motion vectors: a sequence's pattern.",
}


def openjd_files(job: FarmJob, copies: Mapping[Place, str]) -> dict[str, str]:
    """File name -> text of everything that a bundle has for Open Job Description.

    Args:
        job: what there is to do.
        copies: path within the bundle of each file that travels with it.

    Raises:
        UsageError: a value that the specification has no room for, or an option that it would misread.
    """
    values = _values(job)
    listed = [{"name": name, "value": value} for name, value in values.items()]
    return {
        TEMPLATE: _yaml(_template(job, copies)),
        CLOUD_VALUES: _yaml({"parameterValues": listed}),
        ASSETS: _yaml(_assets(job)),
        LOCAL_VALUES: _yaml(values),
    }


def openjd_range(numbers: tuple[int, ...]) -> str:
    """Frames in the notation of the specification: ``1001-1019``, ``1-100:10,105``."""
    return format_range(numbers).replace("x", ":").replace(" ", ",")


def _yaml(document: Mapping[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=False, width=1 << 16)


def _values(job: FarmJob) -> dict[str, Any]:
    texts = {place.name: value for place, value in {**job.values, FRAMES: openjd_range(job.frames)}.items()}
    for name, value in texts.items():
        if len(value) > _LONGEST_VALUE:
            raise UsageError(
                f"{name} takes {len(value)} characters, and Open Job Description has room for {_LONGEST_VALUE}; give a"
                " shorter one, such as frames in fewer pieces"
            )
    return {**texts, _CHUNK_SIZE.name: job.chunk_size}


def _template(job: FarmJob, copies: Mapping[Place, str]) -> dict[str, Any]:
    return {
        "specificationVersion": "jobtemplate-2023-09",
        "extensions": ["TASK_CHUNKING"],
        "name": _literal(job.name)[:_LONGEST_NAME],
        "description": job.plan,
        "parameterDefinitions": list(_parameters(job, copies)),
        "steps": [_render_step(job), _verify_step(job)],
    }


def _parameters(job: FarmJob, copies: Mapping[Place, str]) -> Iterator[dict[str, Any]]:
    for place in (SOURCE, TARGET):
        # NONE: a pattern is no file that could be uploaded; asset_references.yaml lists what is read and written.
        yield _parameter(place, type="PATH", objectType="FILE", dataFlow="NONE")
    for place in OPTION_FILES.values():
        if place in job.values:
            flow = "NONE" if place in SEQUENCES else "IN"
            yield _parameter(place, type="PATH", objectType="FILE", dataFlow=flow)
        elif place in copies:
            yield _parameter(place, type="PATH", objectType="FILE", dataFlow="IN", default=copies[place])
    yield _parameter(FRAMES, type="STRING")
    yield _parameter(_CHUNK_SIZE, type="INT", minValue=1, default=job.chunk_size)
    yield _parameter(EXECUTABLE, type="STRING", default=job.values[EXECUTABLE])


def _parameter(place: Place, **definition: Any) -> dict[str, Any]:
    return {"name": place.name, **definition, "description": _MEANING[place]}


def _render_step(job: FarmJob) -> dict[str, Any]:
    chunks = {"defaultTaskCount": f"{{{{Param.{_CHUNK_SIZE.name}}}}}", "rangeConstraint": "CONTIGUOUS"}
    tasks = {"name": CHUNK.name, "type": "CHUNK[INT]", "range": f"{{{{Param.{FRAMES.name}}}}}", "chunks": chunks}
    return {
        "name": "Render",
        "parameterSpace": {"taskParameterDefinitions": [tasks]},
        **_host_requirements(job),
        "script": _script(job.render),
    }


def _host_requirements(job: FarmJob) -> dict[str, Any]:
    if not job.wants_gpu:
        return {}
    return {"hostRequirements": {"amounts": [{"name": "amount.worker.gpu", "min": 1}]}}


def _verify_step(job: FarmJob) -> dict[str, Any]:
    return {"name": "Verify", "dependencies": [{"dependsOn": "Render"}], "script": _script(job.verify)}


def _script(words: tuple[Word, ...]) -> dict[str, Any]:
    places = {part for word in words for part in word if isinstance(part, Place)}
    fills = {place: f"{{{{Param.{place.name}}}}}" for place in places}
    fills |= {CHUNK: f"{{{{Task.Param.{CHUNK.name}}}}}", PROGRESS: "openjd"}
    command, *arguments = filled([tuple(map(_piece, word)) for word in words], fills)
    cancelation = {"mode": "NOTIFY_THEN_TERMINATE", "notifyPeriodInSeconds": _NOTICE_S}
    return {"actions": {"onRun": {"command": command, "args": arguments, "cancelation": cancelation}}}


def _piece(part: str | Place) -> str | Place:
    return _literal(part) if isinstance(part, str) else part


def _literal(text: str) -> str:
    if "{{" in text:
        raise UsageError(f'{text!r} holds "{{{{", where Open Job Description takes a place-holder to begin; change it')
    return text


def _assets(job: FarmJob) -> dict[str, Any]:
    inputs = {"filenames": list(job.inputs), "directories": []}
    references = {"inputs": inputs, "outputs": {"directories": [job.target_folder]}, "referencedPaths": []}
    return {"assetReferences": references}
