"""Turn or move the robot that the model holds, at one token, and let it write on.

As in the study (`studies.emergent_semantics.editing`): the hidden state after a layer is moved so that a linear probe's
scores for the present and the wanted class are swapped; a change of equal length towards another of the model's own
states is the control.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ontogeny.errors import UsageError, unknown_name
from ontogeny.explorer.answers import karel as answers
from ontogeny.explorer.measured import Tables
from ontogeny.explorer.time_machine.moments import token, token_table
from ontogeny.explorer.time_machine.probing import EDITABLE, Probes, token_positions
from ontogeny.explorer.time_machine.worlds import one_of, states_along
from ontogeny.instruments import Label, LinearProbe
from ontogeny.instruments.capture import capture, residual_names
from ontogeny.instruments.edits import continue_with_edit, edit_tap, random_deltas, swap_delta
from ontogeny.models import Tap, TransformerModel
from ontogeny.worlds import Batch, Karel
from ontogeny.worlds.karel.grammar import Reading
from ontogeny.worlds.karel.grammar import read as read_program
from ontogeny.worlds.karel.scoring import change_state

_TURNS = ("heading", "facing")
_MOVED_BY = {"row_from_start": "row", "column_from_start": "column"}
"""What of the robot changes when a displacement does."""


@dataclass(frozen=True)
class Case:
    """A model in the middle of writing one specification of a block."""

    world: Karel
    seed: int
    batch: Batch
    """The whole block: its other programs are where the control's directions come from."""
    row: int
    model: TransformerModel
    tables: Tables

    @property
    def tokens(self) -> Int[np.ndarray, "batch seq"]:
        """What the model writes on its own, for the whole block."""
        tokens = np.full_like(self.batch.tokens, self.world.end)
        tokens[:, : self.batch.prompt] = self.batch.tokens[:, : self.batch.prompt]
        table = self.tables["tokens"]
        columns = [table[name].to_numpy() for name in ("row", "token", "word")]
        tokens[columns[0], self.batch.prompt + columns[1]] = columns[2]
        return tokens

    @property
    def alone(self) -> Batch:
        """The specification on its own."""
        return self.world.encode(one_of(self.batch.hidden, self.row))


def edited(case: Case, request: answers.EditRequest, probes_of: Callable[[int], Probes]) -> answers.Edited:
    """Carry out one edit; `probes_of(layer)` gives the probes after a layer.

    Raises: UsageError for a layer, token, feature or example that is not there, and for a class no probe has seen.
    """
    place, name, own = _checked(case, request)
    probe = _probe(probes_of(request.layer), request)
    tokens = case.tokens
    mask = token_positions(case.world, case.batch, tokens)
    pool = capture(case.model, tokens, case.batch.features, [name], positions=mask, prompt=case.batch.prompt)
    states = pool[name].numpy()
    hidden = states[_sample(mask, case.row, place)][None]
    current = probe.predict(hidden)
    wanted = _wanted(request, probe, int(current[0]), case.world.classes(request.feature))
    delta = swap_delta(probe, hidden, current, np.array([wanted]), dose=request.dose)
    control = random_deltas(delta, seed=case.seed, draws=1, hidden=states)[0]
    alone = case.alone
    after, beside = (
        continue_with_edit(case.model, case.world, alone, own, place, name, change) for change in (delta, control)
    )
    return answers.Edited(
        request=request,
        before=_tokens(case, own, None),
        after=_tokens(case, after, edit_tap(name, place, delta)),
        control=_words(case.world, beside[0], alone.prompt),
        changed=bool((after != own).any()),
        read_before=int(current[0]),
        wanted=wanted,
        read_after=int(probe.predict(hidden + delta)[0]),
        size=round(float(np.linalg.norm(delta) / np.linalg.norm(hidden)), 4),
        **_consequences(case.world, alone, after, request),
    )


def _checked(case: Case, request: answers.EditRequest) -> tuple[int, str, Int[np.ndarray, "1 seq"]]:
    """The position and the activation that are changed, and the program so far."""
    names = residual_names(case.model)
    if not 1 <= request.layer < len(names):
        raise UsageError(f"layer {request.layer}: expected 1 to {len(names) - 1}")
    if request.feature not in EDITABLE:
        raise unknown_name("editable feature", request.feature, EDITABLE)
    own = case.tokens[case.row : case.row + 1]
    length = len(_words(case.world, own[0], case.batch.prompt)) + 1  # its end too
    if not 0 <= request.token < length:
        raise UsageError(f"token {request.token}: the program has tokens 0 to {length - 1}")
    return case.batch.prompt - 1 + request.token, names[request.layer], own


def _probe(probes: Probes, request: answers.EditRequest) -> LinearProbe:
    label = Label("original", request.feature, request.example, -1)
    if label not in probes:
        known = sorted({label.example for label in probes if label.feature == request.feature})
        raise UsageError(f"no probe reads {request.feature} of example {request.example}; it is read of {known}")
    return probes[label]


def _wanted(request: answers.EditRequest, probe: LinearProbe, current: int, classes: int) -> int:
    """The class that the shift leads to. Raises: UsageError where there is none, or no program has shown it."""
    turns = request.feature in _TURNS
    wanted = (current + request.shift) % classes if turns else current + request.shift
    known = np.flatnonzero(np.isfinite(probe.bias)).tolist()
    if wanted not in known:
        raise UsageError(
            f"{request.feature} is read as class {current}; {request.shift:+d} leads to {wanted}, which no probe knows "
            f"(known: {known}); try a smaller shift"
        )
    return wanted


def _sample(mask: np.ndarray, row: int, position: int) -> int:
    """The number of a position among the true entries of the mask."""
    return int(mask[:row].sum() + mask[row, :position].sum())


def _tokens(case: Case, tokens: Int[np.ndarray, "1 seq"], tap: Tap | None) -> list[answers.Token]:
    """A program with the model's probabilities for each of its tokens, under an edit or without."""
    alone = case.alone
    mask = token_positions(case.world, alone, tokens)
    odds = _odds(case.model, alone, tokens, mask, tap)
    return [token(case.world, row) for row in token_table(tokens, mask, odds, alone.prompt).to_pylist()]


def _odds(
    model: TransformerModel, batch: Batch, tokens: np.ndarray, mask: np.ndarray, tap: Tap | None
) -> Float[np.ndarray, "sample vocab"]:
    import torch

    shown = None if batch.features is None else torch.from_numpy(batch.features)
    with torch.no_grad():
        logits = model(torch.from_numpy(tokens), shown, prompt=batch.prompt, tap=tap)
    return logits[torch.from_numpy(mask)].float().softmax(-1).numpy()


def _words(world: Karel, tokens: Int[np.ndarray, " seq"], prompt: int) -> list[str]:
    """The words of a program, without its end."""
    written = tokens[prompt:]
    return [world.vocabulary[word] for word in written[: int(np.argmax(written == world.end))]]


def _consequences(
    world: Karel, batch: Batch, tokens: Int[np.ndarray, "1 seq"], request: answers.EditRequest
) -> dict[str, Any]:
    """Where the new program leads: from the true input, and from the changed state on."""
    reading: Reading = read_program(tokens[:, batch.prompt :], world.grammar)
    position = batch.prompt - 1 + request.token
    feature = _MOVED_BY.get(request.feature, request.feature)
    scores = world.score_edited(batch, tokens, position, feature, request.shift)
    changed = change_state(reading, batch.hidden, np.array([request.token]), feature, request.shift)
    rest = changed.rest[0]
    return {
        "imagined": states_along(rest, changed.start) if changed.valid[0] else [],
        "actual": states_along(reading.programs[0], batch.hidden.inputs),
        "follows": bool(scores["solved"][0] and scores["valid"][0]),
        "keeps": bool(world.score(batch, tokens)["solved"][0]),
        "valid": bool(changed.valid[0]),
    }
