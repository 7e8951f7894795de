import json

from ontogeny import cli


def test_doctor_tells_the_same_to_people_and_programs(capsys):
    assert cli.main(["doctor", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert {"hardware", "versions", "matrix_product_gflops", "gpus", "disk_free_gib", "optional"} <= set(facts)
    assert cli.main(["doctor"]) == 0
    assert facts["hardware"]["processor"] in capsys.readouterr().out
