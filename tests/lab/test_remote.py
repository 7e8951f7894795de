import json
import shutil
from pathlib import Path

import fsspec
import pytest

import toy_study
from ontogeny.errors import DamagedFileError, UsageError
from ontogeny.lab.lab import Lab
from ontogeny.lab.remote import MANIFEST, Copied, pull, push
from ontogeny.lab.store import run_folders
from ontogeny.lab.study_run import run_study
from ontogeny.seals import seal_json

STUDY = toy_study.study


@pytest.fixture(params=["local", "memory"])
def url(request, tmp_path) -> str:
    if request.param == "local":
        return (tmp_path / "elsewhere").as_uri()
    fsspec.filesystem("memory").store.clear()
    return "memory://bucket/runs"


def files(store: Path) -> dict[str, bytes]:
    """All that was finished: what an index or a lock holds is left out."""
    found = {path.relative_to(store).as_posix(): path.read_bytes() for path in store.rglob("*") if path.is_file()}
    return {
        path: data for path, data in found.items() if "/evidence/" not in path and not Path(path).name.startswith(".")
    }


def flip_last_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def test_what_was_pushed_comes_back_as_it_was(tmp_path, url):
    run_study(STUDY, tmp_path / "here", preset="smoke", seeds=range(2), workers=1)
    (tmp_path / "here" / "other" / ("0" * 16)).mkdir(parents=True)
    (tmp_path / "here" / "other" / ("0" * 16) / "config.yaml").write_text("kind: run")  # not done: it stays here
    assert push(tmp_path / "here", url).folders == 4
    again = push(tmp_path / "here", url)
    assert (again.folders, again.files, again.present) == (0, 0, 4)
    assert pull(tmp_path / "there", url).folders == 4
    shutil.rmtree(tmp_path / "here" / "other")
    assert files(tmp_path / "there") == files(tmp_path / "here")
    assert pull(tmp_path / "there", url) == Copied(0, 0, 4)
    evidence = run_study(STUDY, tmp_path / "there", preset="smoke", seeds=range(2), workers=1)
    assert evidence.seeds() == [0, 1]
    assert len(list((tmp_path / "there" / "toy_study" / "seeds").iterdir())) == 2


def test_a_run_that_is_there_gains_measurements_only(tmp_path, url):
    import pyarrow as pa

    settings = STUDY.settings["smoke"]
    stores = [tmp_path / "a", tmp_path / "b"]
    runs = [Lab(s).train("toy", settings.model, settings.world, settings.training, 0) for s in stores]
    push(stores[0], url)
    for name, table in {
        "one": pa.table({"x": [1]}),
        "two": {"y": pa.table({"y": [2]}), "z": pa.table({"z": [3]})},
    }.items():
        Lab(stores[0]).measure(runs[0], name, settings, lambda table=table: table)
    assert push(stores[0], url).files == 3
    own = (runs[1].folder / "metrics.parquet").read_bytes()
    assert pull(stores[1], url).files == 3
    assert (runs[1].folder / "metrics.parquet").read_bytes() == own
    found = Lab(stores[1]).measure(runs[1], "two", settings, lambda: pytest.fail("measured again"))
    assert found["z"]["z"].to_pylist() == [3]


def test_a_flipped_byte_is_found_and_named(tmp_path):
    run_study(STUDY, tmp_path / "here", preset="smoke", workers=1)
    push(tmp_path / "here", str(tmp_path / "elsewhere"))
    (path,) = (tmp_path / "elsewhere").rglob("00000004.safetensors")
    flip_last_byte(path)
    with pytest.raises(DamagedFileError, match=r"00000004\.safetensors is damaged"):
        pull(tmp_path / "there", str(tmp_path / "elsewhere"))
    assert not list(run_folders(tmp_path / "there"))
    shutil.rmtree(path.parents[1])
    assert push(tmp_path / "here", str(tmp_path / "elsewhere")).folders == 1
    assert pull(tmp_path / "there", str(tmp_path / "elsewhere")).folders == 2


@pytest.mark.parametrize("name", ["00000004.safetensors", "SHA256SUMS", "quantities.csv", "record.yaml"])
def test_a_damaged_file_replaces_no_copy(tmp_path, url, name):
    run_study(STUDY, tmp_path / "here", preset="smoke", workers=1)
    push(tmp_path / "here", url)
    whole = files(tmp_path / "here")
    path = next(path for path in (tmp_path / "here").rglob(name) if "evidence" not in path.parts)
    flip_last_byte(path)
    with pytest.raises(DamagedFileError, match=rf"{path} .*; .*{name}, which differs, was left as it was"):
        push(tmp_path / "here", url)
    pull(tmp_path / "there", url)
    assert files(tmp_path / "there") == whole


def test_a_damaged_file_is_not_copied(tmp_path, url):
    run_study(STUDY, tmp_path / "here", preset="smoke", workers=1)
    (path,) = (tmp_path / "here").rglob("00000004.safetensors")
    flip_last_byte(path)
    with pytest.raises(DamagedFileError, match=r"00000004\.safetensors .* was not copied; restore it from a copy"):
        push(tmp_path / "here", url)


def test_what_was_trained_again_replaces_the_copy(tmp_path, url):
    settings = STUDY.settings["smoke"]
    run = Lab(tmp_path / "here").train("toy", settings.model, settings.world, settings.training, 0)
    push(tmp_path / "here", url)
    (run.folder / "environment.json").write_bytes(seal_json({"another": "machine"}))
    assert push(tmp_path / "here", url).files == 1
    pull(tmp_path / "there", url)
    assert files(tmp_path / "there") == files(tmp_path / "here")


@pytest.mark.parametrize("name", ["../../escaped", "/etc/escaped", "a/../../escaped", ".hidden", "a/b/c/d/e/f"])
def test_a_list_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    run_study(STUDY, tmp_path / "here", preset="smoke", workers=1)
    push(tmp_path / "here", str(tmp_path / "elsewhere"))
    for path in (tmp_path / "elsewhere").rglob(MANIFEST):
        path.write_text(json.dumps({name: "0" * 64}))
    with pytest.raises(DamagedFileError, match=r"MANIFEST\.json is damaged"):
        pull(tmp_path / "there", str(tmp_path / "elsewhere"))
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("address", ["nowhere", "empty"])
def test_an_address_without_anything_pushed_is_an_error(tmp_path, address):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=f"{address} holds nothing that was pushed"):
        pull(tmp_path / "store", str(tmp_path / address))
    assert not (tmp_path / "store").exists()


def test_an_address_that_cannot_be_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="nowhere://runs cannot be reached"):
        push(tmp_path, "nowhere://runs")
