from __future__ import annotations

import json

import pytest

import vfi_plugin as vfi
from vfi_plugin.cli.main import main


def test_every_model_has_a_line_and_one_is_marked_as_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.removeprefix("*").split()[0] for line in lines] == list(vfi.model_names())
    assert [line.split()[1] for line in lines if line.startswith("*")] == [vfi.default_model()]
    assert all(str(vfi.model_info(name).year) in line for name, line in zip(vfi.model_names(), lines, strict=True))


def test_the_classic_is_said_to_need_no_weights(capsys: pytest.CaptureFixture[str]) -> None:
    main(["models", "list"])
    line = next(text for text in capsys.readouterr().out.splitlines() if " dis " in text)
    assert "no weights" in line
    assert "any time" in line


def test_json_holds_every_fact_of_every_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in listed] == list(vfi.model_names())
    for entry in listed:
        info = vfi.model_info(entry["name"])
        assert entry == {name: getattr(info, name) for name in entry}
        assert {"paper", "licence", "training_data", "weights_sha256", "reach_px"} <= entry.keys()


def test_an_action_that_is_not_there_is_wrong_use() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["models", "lst"])
    assert stopped.value.code == 2
