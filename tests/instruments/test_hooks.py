import numpy as np
import pytest
import torch
from torch import nn

from ontogeny.errors import UsageError
from ontogeny.instruments import probe_scores, split_by_sequence
from ontogeny.instruments.hooks import ablate_module, capture_module, hooked


class Twin(nn.Module):
    """A module with a tuple output, a module used twice, and one that is never used."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 6)
        self.memory = nn.GRU(6, 6, batch_first=True)
        self.shared = nn.Linear(6, 6)
        self.idle = nn.Linear(1, 1)
        self.trouble = False

    def forward(self, x, *, scale=None):
        hidden, _ = self.memory(torch.relu(self.first(x)))
        if self.trouble:
            raise RuntimeError("planted")
        return self.shared(self.shared(hidden)) * (1 if scale is None else scale)


@pytest.fixture
def module():
    torch.manual_seed(0)
    return Twin()


X, Y = torch.randn(5, 3, 4, generator=torch.Generator().manual_seed(1)).split((2, 3))
X = torch.cat((X, Y))


def hooks(module):
    return sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules())


def test_values_are_what_the_modules_return_and_are_given(module):
    found = capture_module(module, ["first", "first:input", "memory", "memory:input"], X)
    assert torch.equal(found["first:input"], X)
    assert torch.equal(found["first"], module.first(X))
    assert torch.equal(found["memory:input"], torch.relu(module.first(X)))
    assert torch.equal(found["memory"], module.memory(torch.relu(module.first(X)))[0])
    assert not any(value.requires_grad for value in found.values())
    assert hooks(module) == 0


@pytest.mark.parametrize("method", ["zero", "mean", "resample"])
@pytest.mark.parametrize("name", ["first", "memory", "memory:input", "shared:input"])
def test_after_an_ablation_the_module_gives_the_same_bits(module, name, method):
    if name.startswith("shared") and method != "zero":
        with pytest.raises(UsageError, match="reached 2 times"):
            ablate_module(module, {name: None}, method, X)
        return
    before = module(X)
    assert not torch.allclose(ablate_module(module, {name: None}, method, X), before)
    assert torch.equal(module(X), before)
    assert hooks(module) == 0


def test_units_are_taken_out_alone(module):
    with_zero = ablate_module(module, {"first": slice(1, 3)}, "zero", X)
    hidden = module.first(X).clone()
    with hooked(module, {"first": lambda value: torch.cat((value[..., :1], value[..., 1:3] * 0, value[..., 3:]), -1)}):
        assert torch.equal(module(X), with_zero)
    kept = {}
    mean = hidden.flatten(0, 1).mean(0)
    expected = hidden.clone()
    expected[..., 1:3] = mean[1:3]
    with hooked(module, {"memory:input": lambda value: kept.update({"in": value})}):
        ablate_module(module, {"first": slice(1, 3)}, "mean", X)
    torch.testing.assert_close(kept["in"], torch.relu(expected))


def test_resampling_takes_another_row(module):
    kept = {}
    with hooked(module, {"memory:input": lambda value: kept.update({"in": value})}):
        ablate_module(module, {"first": None}, "resample", X, seed=2)
    rows = torch.relu(module.first(X))
    for row in range(5):
        (source,) = [n for n in range(5) if torch.equal(kept["in"][row], rows[n])]
        assert source != row


def test_values_of_another_call(module):
    kept = {}
    with hooked(module, {"memory:input": lambda value: kept.update({"in": value})}):
        ablate_module(module, {"first": None}, "mean", X, reference=(Y,))
    torch.testing.assert_close(kept["in"][0, 0], torch.relu(module.first(Y).flatten(0, 1).mean(0)))


def test_hooks_are_gone_after_an_error(module):
    module.trouble = True
    for call in (
        lambda: capture_module(module, ["first"], X),
        lambda: ablate_module(module, {"first": None}, "zero", X),
    ):
        with pytest.raises(RuntimeError, match="planted"):
            call()
        assert hooks(module) == 0
    module.trouble = False
    with pytest.raises(UsageError, match="unknown module 'frst'"):
        capture_module(module, ["first", "frst"], X)
    assert hooks(module) == 0


def test_wrong_requests_are_refused(module, unchecked):
    with pytest.raises(UsageError, match="idle is reached 0 times"):
        capture_module(module, ["idle"], X)
    with pytest.raises(UsageError, match="unknown ablation 'nul'"):
        ablate_module(module, {"first": None}, "nul", X)
    with pytest.raises(UsageError, match="at least two rows"):
        ablate_module(module, {"first": None}, "resample", X[:1])


def test_what_any_module_holds_is_probed_beside_a_control(module):
    random = torch.Generator().manual_seed(3)
    inputs = torch.randn(300, 3, 4, generator=random)
    hidden = capture_module(module, ["first"], inputs)["first"].flatten(0, 1).numpy()
    wanted = (inputs[..., 0] > inputs[..., 1]).flatten()
    chance = torch.randint(2, wanted.shape, generator=random)
    splits = split_by_sequence(np.repeat(np.arange(300), 3), seed=0)
    score, control = probe_scores("ridge", hidden, torch.stack((wanted.long(), chance)).numpy(), splits, seed=0)
    assert score.accuracy > 0.9
    assert control.accuracy < 0.65


def test_a_model_of_transformers_by_its_own_names():
    pytest.importorskip("transformers")
    from ontogeny.instruments.ablation import ablate
    from ontogeny.instruments.parts import head, sequences
    from ontogeny.models.huggingface import load_state
    from peers import peer, tokens

    reference = peer("gpt2")
    ours = load_state("gpt2", reference.config.to_dict(), reference.state_dict())
    ids = tokens()
    for method in ("zero", "mean"):
        units = {"transformer.h.1.attn.c_proj:input": slice(8, 16)}
        theirs = ablate_module(reference, units, method, ids).logits
        found = ablate(ours, [head(1, 1)], method, sequences(ids.numpy()))
        torch.testing.assert_close(found, theirs, atol=1e-5, rtol=0)
