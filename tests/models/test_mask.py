import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ontogeny.models.mask import Mask


@given(st.integers(0, 6), st.integers(1, 6), st.integers(0, 8))
def test_every_pair_is_masked_as_the_rule_says(start, count, prompt):
    additive = Mask(range(start, start + count), prompt, torch.device("cpu")).additive
    assert additive.shape == (count, start + count)
    for row, query in enumerate(range(start, start + count)):
        for key in range(start + count):
            seen = key <= query or (key < prompt and query < prompt)
            assert additive[row, key] == (0 if seen else -torch.inf)


@pytest.mark.parametrize(
    ("queries", "prompt", "free", "causal"),
    [
        (range(5), 0, False, True),
        (range(5), 3, False, False),
        (range(4, 6), 0, False, False),
        (range(4, 5), 0, True, False),
    ],
)
def test_what_kernels_may_assume(queries, prompt, free, causal):
    mask = Mask(queries, prompt, torch.device("cpu"))
    assert (mask.free, mask.causal) == (free, causal)


@given(st.integers(0, 6), st.integers(1, 6), st.integers(1, 8), st.booleans(), st.data())
def test_the_span_of_some_queries_is_what_all_and_what_any_of_them_see(start, count, prompt, given_alone, data):
    prompt = min(prompt, start + count) if given_alone else prompt
    mask = Mask(range(start, start + count), prompt, torch.device("cpu"), given=given_alone)
    begin = data.draw(st.integers(0, count - 1))
    rows = range(begin, data.draw(st.integers(begin + 1, count)))
    seen = ~mask.hidden[rows.start : rows.stop]
    assert mask.span(rows) == (int(seen.all(0).sum()), int(seen.any(0).sum()))
    assert seen[:, : mask.span(rows)[0]].all()
