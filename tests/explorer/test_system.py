from pathlib import Path

from ontogeny.explorer import system
from ontogeny.explorer.system import Watch


def test_what_the_machine_has_left(tmp_path):
    (tmp_path / "a").write_bytes(bytes(3000))
    watch = Watch(tmp_path)
    seen = watch.look()
    assert seen.store == 3000
    assert 0 < seen.disk_free <= seen.disk
    assert seen.memory_used is None or 0 < seen.memory_used <= 2 * seen.memory
    (tmp_path / "b").write_bytes(bytes(10))
    assert watch.look().store == 3000  # counted now and then only


def test_a_store_that_is_not_there_yet_takes_nothing(tmp_path):
    assert Watch(tmp_path / "not" / "yet").look().store == 0


def test_memory_is_a_containers_where_it_has_a_limit(tmp_path, monkeypatch):
    (tmp_path / "max").write_text("1000\n")
    (tmp_path / "current").write_text("400\n")
    (tmp_path / "meminfo").write_text("MemTotal: 8 kB\nMemFree: 1 kB\nMemAvailable: 2 kB\n")
    for name, file in (("_LIMIT", "max"), ("_TAKEN", "current"), ("_MEMORY", "meminfo")):
        monkeypatch.setattr(system, name, tmp_path / file)
    assert system._memory_used() == 400
    (tmp_path / "max").write_text("max\n")
    assert system._memory_used() == 6 * 1024
    monkeypatch.setattr(system, "_MEMORY", Path("/nonexistent"))
    assert system._memory_used() is None
