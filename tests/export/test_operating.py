"""Labels, roll-backs and deletions, and the files for several models that follow them."""

import json
import subprocess
import sys

import filelock
import pytest
import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from export import generated, kit, models_config, operating, several
from export.errors import ExportError
from export.servable import METADATA
from export.versions import new_version, versions


def make(folder, *numbers, ours=True):
    """Version folders as an export leaves them, but empty of a model, and a models.config."""
    for number in numbers:
        with new_version(folder, number) as (unfinished, _):
            (unfinished / METADATA).parent.mkdir(parents=True)
            (unfinished / "saved_model.pb").touch()
            if ours:
                (unfinished / METADATA).write_text(json.dumps({"run": {"folder": "runs/x"}}))
    if not generated.is_edited(folder / models_config.FILE):
        text = models_config.text(folder.name, models_config.labels(folder))
        generated.write(folder, {models_config.FILE: text})
    return folder


@pytest.fixture
def folder(tmp_path):
    """The folder of a model with versions 1, 2 and 5."""
    return make(tmp_path / "served" / "names", 1, 2, 5)


def config(folder):
    (one,) = models_config.read(folder / models_config.FILE)
    return one


def test_without_labels_the_newest_version_is_served(folder):
    assert not config(folder).HasField("model_version_policy")
    assert dict(config(folder).version_labels) == {}


def test_with_labels_all_versions_are_served_so_that_a_label_can_move(folder):
    assert operating.label(folder, "stable", 2) == 2
    assert operating.label(folder, "canary") == 5
    assert config(folder).model_version_policy.HasField("all")
    assert dict(config(folder).version_labels) == {"stable": 2, "canary": 5}
    operating.label(folder, "stable", 5)
    assert dict(config(folder).version_labels) == {"stable": 5, "canary": 5}
    assert (config(folder).name, config(folder).base_path) == ("names", "/models/names")


def test_labels_outlast_another_export(folder):
    operating.label(folder, "stable", 2)
    make(folder, 6)
    assert dict(config(folder).version_labels) == {"stable": 2}


@pytest.mark.parametrize("name", ["", "a b", "a/b", 'a"', "stäble"])
def test_a_label_that_cannot_stand_in_an_address_is_refused(folder, name):
    with pytest.raises(ExportError, match="cannot stand in an address"):
        operating.label(folder, name)


def test_a_label_needs_its_version(folder):
    with pytest.raises(ExportError, match=r"has no version 3\. There are 1, 2, 5\."):
        operating.label(folder, "stable", 3)
    with pytest.raises(ExportError, match="has no versions: export a run there first"):
        operating.label(folder.parent / "nobody", "stable")
    assert not (folder.parent / "nobody").exists()


def test_an_edited_models_config_is_not_touched_and_its_operator_is_told(folder):
    path = folder / models_config.FILE
    mine = path.read_text() + "# mine\n"
    path.write_text(mine)
    with pytest.raises(ExportError, match=r"was edited .* these values there: stable: 2\."):
        operating.label(folder, "stable", 2)
    assert path.read_text() == mine


def test_a_roll_back_takes_the_newest_version_out_of_service(folder):
    assert operating.rollback(folder) == 2
    assert versions(folder) == [1, 2]
    assert (folder / "5.withdrawn" / "saved_model.pb").is_file()
    make(folder, None)
    assert versions(folder) == [1, 2, 6]  # 5 is not given to another model
    with pytest.raises(ExportError, match="has a version 5 already"):
        make(folder, 5)
    assert operating.rollback(folder) == 2
    assert operating.rollback(folder) == 1
    with pytest.raises(ExportError, match="no version before 1 to go back to"):
        operating.rollback(folder)
    assert versions(folder) == [1]


def test_a_label_is_rolled_back_to_the_version_before_its_own(folder):
    operating.label(folder, "stable", 5)
    with pytest.raises(ExportError, match=r"Version 5 has the label stable: move that"):
        operating.rollback(folder)
    assert operating.rollback(folder, "stable") == 2
    assert versions(folder) == [1, 2, 5]
    assert operating.rollback(folder, "stable") == 1
    with pytest.raises(ExportError, match="no version before 1"):
        operating.rollback(folder, "stable")
    with pytest.raises(ExportError, match=r"no label 'canary'\. Known: stable\."):
        operating.rollback(folder, "canary")
    assert dict(config(folder).version_labels) == {"stable": 1}


def test_keep_deletes_old_versions_of_this_project_alone(folder):
    make(folder, 7, 8, 9)
    make(folder, 3, ours=False)
    (folder / "4").symlink_to(folder / "1", target_is_directory=True)
    (folder / "notes").mkdir()
    operating.label(folder, "stable", 2)
    assert operating.keep(folder, 2) == [1, 5, 7]
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == [
        *("2", "3", "8", "9"),
        "notes",
    ]
    assert operating.keep(folder, 2) == []
    assert operating.keep(folder, 1) == [8]
    assert versions(folder) == [2, 3, 9]


def test_the_newest_version_is_never_deleted(folder):
    with pytest.raises(ExportError, match="keep=0 should be at least 1"):
        operating.keep(folder, 0)
    assert operating.keep(folder, 1) == [1, 2]
    assert operating.keep(folder, 1) == []
    assert versions(folder) == [5]


def test_versions_that_an_edited_models_config_names_stay(folder):
    path = folder / models_config.FILE
    policy = "model_platform: 'tensorflow' model_version_policy { specific { versions: 1 } }"
    path.write_text(path.read_text().replace('model_platform: "tensorflow"', policy))
    assert operating.keep(folder, 1) == [2]
    path.write_text("model_config_list { config { name: }")
    with pytest.raises(ExportError, match=r"is no models.config .* Mend or remove it"):
        operating.keep(folder, 1)
    assert versions(folder) == [1, 5]


def test_a_killed_deletion_is_finished_by_the_next(folder):
    (folder / "1").rename(folder / ".deleted-1")
    assert operating.keep(folder, 3) == []
    assert not (folder / ".deleted-1").exists()


def test_nothing_is_changed_during_an_export(folder):
    changes = (lambda: operating.label(folder, "a"), lambda: operating.rollback(folder))
    with filelock.FileLock(folder / ".lock"):
        for change in (*changes, lambda: operating.keep(folder, 1)):
            with pytest.raises(ExportError, match="Another process is exporting"):
                change()
    assert versions(folder) == [1, 2, 5]


def merged(served):
    text = (served / models_config.FILE).read_text()
    parsed = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    return {one.name: one for one in parsed.model_config_list.config}


def test_several_models_are_served_by_one_server(folder):
    served = folder.parent
    make(served / "digits", 1)
    assert several.write(served) == []
    assert {name: one.base_path for name, one in merged(served).items()} == {
        "digits": "/models/digits",
        "names": "/models/names",
    }
    (service,) = yaml.safe_load((served / "docker-compose.yml").read_text())["services"].values()
    assert service["volumes"] == [".:/models:ro"]
    assert service["command"] == kit.server_flags("/models")
    for flag in service["command"]:
        name, _, value = flag.partition("=")
        if name.endswith("_file"):
            assert (served / value.removeprefix("/models/")).is_file()
    deployment, _ = yaml.safe_load_all((served / "kubernetes.yaml").read_text())
    assert deployment["metadata"]["name"] == "served"


def test_the_merged_config_follows_labels_and_new_models(folder):
    served = folder.parent
    assert several.refresh(served) == []  # nobody has asked for it
    assert not (served / models_config.FILE).exists()
    several.write(served)
    said = operating.operate(str(served), "names", "stable", "2")
    assert said == ["Version 2 has the label stable."]
    assert dict(merged(served)["names"].version_labels) == {"stable": 2}
    make(served / "digits", 1)
    assert several.refresh(served) == []
    assert set(merged(served)) == {"names", "digits"}
    said = operating.operate(str(served), "names", "stable", None, back=True, count=1)
    assert said == ["Requests for stable are answered by version 1.", "Deleted versions: 2."]
    assert dict(merged(served)["names"].version_labels) == {"stable": 1}


@pytest.mark.parametrize("wrong", ["/models/nams", "/elsewhere/names", "names", "/models/empty"])
def test_a_wrong_base_path_is_refused_before_anything_is_written(folder, wrong):
    served = folder.parent
    (served / "empty").mkdir()
    path = make(served / "digits", 1) / models_config.FILE
    path.write_text(path.read_text().replace("/models/digits", wrong))
    with pytest.raises(ExportError, match=f"digits: no versions at base_path '{wrong}'.*no port"):
        several.write(served)
    assert not (served / models_config.FILE).exists()


def test_a_wrong_base_path_in_an_edited_merged_config_is_told(folder):
    served = folder.parent
    several.write(served)
    path = served / models_config.FILE
    path.write_text(path.read_text().replace("/models/names", "/models/nobody"))
    (said,) = several.refresh(served)
    assert said.startswith(f"The files in {served} stay as they are. names: no versions at")
    path.write_text(path.read_text().replace("/models/nobody", "/models/names"))
    assert several.refresh(served) == []


def test_a_model_is_not_served_twice_nor_a_label_of_nothing(folder):
    served = folder.parent
    path = make(served / "digits", 1) / models_config.FILE
    right = path.read_text()
    path.write_text(right.replace('name: "digits"', 'name: "names"'))
    with pytest.raises(ExportError, match="names is served twice"):
        several.write(served)
    path.write_text(right.replace("/models/digits", "/models/names"))
    with pytest.raises(ExportError, match="from the folder of another model"):
        several.write(served)
    label = 'version_labels { key: "stable" value: 9 }\n    model_platform'
    path.write_text(right.replace("model_platform", label))
    with pytest.raises(ExportError, match="the label stable is of version 9, which is not in"):
        several.write(served)


def test_no_models_are_told_in_a_sentence(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "export.several", str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == (
        f"Error: {tmp_path} has no exported models: give the --output of their exports."
    )


def test_an_operator_s_command_and_its_mistakes(programs, folder):
    flags = ["-m", "export", f"--output={folder.parent}", "--name=names"]
    done = programs.run(*flags, "--label=stable", "--keep=1")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Version 5 has the label stable.\nDeleted versions: 1, 2.\n"
    done = programs.run(*flags, "--rollback", "--label=canary")
    assert done.returncode == 1
    assert "has no label 'canary'. Known: stable." in done.stderr
    assert "Traceback" not in done.stderr
