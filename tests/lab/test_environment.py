import json
import os

from ontogeny.lab.environment import available_cores, examine, memory_bytes, record


def test_cores_are_those_this_process_may_use():
    allowed = os.sched_getaffinity(0)
    assert 1 <= available_cores() <= len(allowed)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert available_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_the_record_is_plain_data_about_what_numbers_depend_on():
    content = record()
    assert json.loads(json.dumps(content)) == content
    assert {"python", "torch", "numpy", "ontogeny"} <= set(content["versions"])
    assert content["hardware"]["memory_gib"] * 2**30 > memory_bytes() * 0.9


def test_the_doctor_measures_and_looks_at_the_disk_of_a_store_yet_to_be_made(tmp_path):
    facts = examine(tmp_path / "not" / "yet")
    assert json.loads(json.dumps(facts)) == facts
    assert facts["matrix_product_gflops"]["fp32"] > 0
    assert facts["disk_free_gib"] > 0
    assert not (tmp_path / "not").exists()
