import threading

from ontogeny.explorer.keeper import Keeper


def test_the_least_recently_used_go_first():
    keeper = Keeper(2)
    for key in "ab":
        keeper.put(key, key.upper())
    assert keeper.peek("a") == "A"
    keeper.put("c", "C")
    assert [keeper.peek(key) for key in "abc"] == ["A", None, "C"]


def test_two_who_ask_at_once_have_it_made_once():
    keeper, made, gate = Keeper(2), [], threading.Barrier(2)

    def make():
        made.append(1)
        return "thing"

    def ask():
        gate.wait(5)
        assert keeper.get("key", make) == "thing"

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert made == [1]
