"""Folders as transformers writes them (config.json and safetensors): read into our transformer, and written from it."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from ontogeny.configuration import validate
from ontogeny.errors import UsageError, unknown_name
from ontogeny.files import naming_full_disk, write_atomic
from ontogeny.models.huggingface.architecture import HEAD, Architecture, Described, in_half_split
from ontogeny.models.huggingface.codegen import CODEGEN
from ontogeny.models.huggingface.gpt2 import GPT2
from ontogeny.models.huggingface.gpt_neox import GPT_NEOX
from ontogeny.models.huggingface.llama import LLAMA
from ontogeny.models.huggingface.opt import OPT
from ontogeny.models.huggingface.settings import Settings
from ontogeny.models.huggingface.shards import SINGLE, Shards, read_json
from ontogeny.models.network import TransformerModel
from ontogeny.models.transformer import Transformer

CONFIG = "config.json"
ARCHITECTURES = {each.kind: each for each in (GPT2, CODEGEN, OPT, GPT_NEOX, LLAMA)}
OF_TRAINING = ("initial_scale", "embedding_scale", "scaled_residuals", "planted")
"""Settings that a trained model no longer depends on."""


def load(folder: Path | str) -> TransformerModel:
    """The model of a folder, in fp32 on the CPU, in evaluation mode. Nothing in the folder is executed.

    Dropout rates and settings of generation are not kept. Memory holds the weights once.

    Raises:
        UsageError: an architecture or a setting that our transformer does not have; weights that are pickled.
        OntogenyError: the folder holds no model.
        DamagedFileError: files that are not whole, or do not agree with one another.
    """
    folder = Path(folder)
    architecture, described = read_config(folder)
    shards = Shards(folder)
    return _fill(architecture, described, shards, str(folder))


def fingerprint(folder: Path | str) -> str:
    """SHA-256 over the names, types, shapes and bytes of a folder's weights, in whatever files they are kept."""
    shards, found = Shards(Path(folder)), hashlib.sha256()
    for name in sorted(shards):
        value = shards.tensor(name)
        found.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        found.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def load_state(kind: str, settings: Mapping[str, Any], state: Mapping[str, Tensor]) -> TransformerModel:
    """The model of a configuration (`config.to_dict()`) and a state dict that are in memory already."""
    architecture = find(kind)
    return _fill(architecture, _describe(architecture, settings, f"{kind} settings"), _InMemory(state), "state dict")


def read_config(folder: Path | str) -> tuple[Architecture, Described]:
    """What kind of model a folder holds. Raises: as `load`."""
    path = Path(folder) / CONFIG
    settings = read_json(path)
    kind = settings.get("model_type")
    if not isinstance(kind, str) or kind not in ARCHITECTURES:
        raise UsageError(f"{path}: model_type: supported are {', '.join(ARCHITECTURES)}; given {kind!r}")
    return ARCHITECTURES[kind], _describe(ARCHITECTURES[kind], settings, str(path))


def find(kind: str) -> Architecture:
    """Raises: UsageError for an unknown architecture."""
    if kind not in ARCHITECTURES:
        raise unknown_name("architecture", kind, ARCHITECTURES)
    return ARCHITECTURES[kind]


def save(model: TransformerModel, folder: Path | str, kind: str) -> None:
    """Write a model as a folder of this architecture, which `transformers` and `load` open.

    Where the architecture pairs rotary components the other way, rows of queries and keys are reordered: the model
    computes the same, and comes back with the other `rotary_style`.

    Raises:
        UsageError: the architecture cannot hold the model (every setting is named), or the folder is not empty.
    """
    folder, architecture = Path(folder), find(kind)
    config = _as_stored(model.config, architecture)
    if model.feature_size:
        raise UsageError(f"{kind} knows tokens only; the model was built with feature_size={model.feature_size}")
    settings = architecture.write(config) | _size(architecture, model)
    _check_fit(config, _describe(architecture, settings, kind).config, kind)
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; choose a new folder")
    state = model.state_dict()
    stored: dict[str, Tensor] = {}
    for weight in architecture.weights(config):
        value = state[weight.ours]
        if config != model.config and ".attention.input." in weight.ours:
            value = in_half_split(value, model.config)
        parts = weight.split(value, config)
        stored |= {name: part.detach().cpu().contiguous() for name, part in zip(weight.theirs, parts, strict=True)}
    with naming_full_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / SINGLE, safetensors.torch.save(stored, metadata={"format": "pt"}))
    write_atomic(folder / CONFIG, (json.dumps(settings, indent=2) + "\n").encode())


def _as_stored(config: Transformer, architecture: Architecture) -> Transformer:
    turned = architecture.half_split and config.positions == "rotary" and config.rotary_style == "interleaved"
    return dataclasses.replace(config, rotary_style="half_split") if turned else config


def _size(architecture: Architecture, model: TransformerModel) -> dict[str, Any]:
    return {
        "model_type": architecture.kind,
        "architectures": [architecture.class_name],
        "vocab_size": model.vocab,
        architecture.length: model.length,
        "dtype": str(next(model.parameters()).dtype).removeprefix("torch."),
        **dict.fromkeys(("bos_token_id", "eos_token_id", "pad_token_id")),
    }


def _check_fit(config: Transformer, expressed: Transformer, kind: str) -> None:
    """Every setting that would be another one when read back is an error."""
    ours, theirs = vars(_plainly(config)), vars(_plainly(expressed))
    lost = [f"{name}={ours[name]!r} (it would be {theirs[name]!r})" for name in ours if ours[name] != theirs[name]]
    if lost:
        raise UsageError(f"{kind} cannot hold this model: {', '.join(lost)}")


def _plainly(config: Transformer) -> Transformer:
    """The same function written in one way only, without what matters to training alone."""
    default, changes = Transformer(), dict[str, Any]()
    for name in OF_TRAINING:
        changes[name] = getattr(default, name)
    if config.positions == "rotary":
        changes["rotary_width"] = config.rotated
    else:
        changes |= {name: getattr(default, name) for name in ("rotary_style", "rotary_base", "rotary_width")}
    return dataclasses.replace(config, key_value_heads=config.key_heads, **changes)


def _describe(architecture: Architecture, settings: Mapping[str, Any], where: str) -> Described:
    given = Settings(settings, where)
    try:
        described = architecture.read(given)
        validate(described.config)
    except UsageError as error:
        raise error if str(error).startswith(where) else UsageError(f"{where}: {error}") from None
    given.finish()
    return described


class _InMemory(dict[str, Tensor]):
    """A state dict with the face of `Shards`."""

    def shape(self, name: str) -> tuple[int, ...]:
        return tuple(self[name].shape)

    def tensor(self, name: str) -> Tensor:
        return self[name].detach().clone()


def _fill(
    architecture: Architecture, described: Described, stored: Shards | _InMemory, source: str
) -> TransformerModel:
    """Build the model without memory, hold every shape against it, and only then read weights into it."""
    config = described.config
    if config.layers > len(stored):  # before anything is built that a false number could blow up
        raise UsageError(f"{source}: {config.layers} layers are announced, but there are only {len(stored)} tensors")
    with torch.device("meta"):
        model = TransformerModel(config, vocab=described.vocab, feature_size=0, length=described.length, seed=None)
    ours, weights = model.state_dict(), architecture.weights(config)
    names = _names(architecture, [name for weight in weights for name in weight.theirs], stored, config, source)
    filled: dict[str, Tensor] = {}
    for weight in weights:
        shapes = [tuple(part.shape) for part in weight.split(ours[weight.ours], config)]
        for name, shape in zip(weight.theirs, shapes, strict=True):
            if stored.shape(names[name]) != shape:
                raise UsageError(f"{source}: {names[name]}: expected {shape}, found {stored.shape(names[name])}")
    for weight in weights:
        parts = [_floating(stored.tensor(names[name]), names[name], source) for name in weight.theirs]
        filled[weight.ours] = weight.join(parts, config).contiguous()
    model.load_state_dict(filled, strict=False, assign=True)
    if config.tied:
        model.head.weight = model.token_table.weight
    return model.eval()


def _floating(value: Tensor, name: str, source: str) -> Tensor:
    if not value.is_floating_point():
        raise UsageError(f"{source}: {name}: expected floating-point numbers, found {value.dtype}")
    return value.float()


def _names(
    architecture: Architecture, wanted: list[str], stored: Shards | _InMemory, config: Transformer, source: str
) -> dict[str, str]:
    """The stored name of each wanted tensor. Raises: UsageError naming what is missing and what has no place."""
    places = {name: name for name in wanted}
    for name in wanted:  # published folders leave out the prefix, or its first part
        if name.startswith(architecture.prefix):
            places |= {name.split(".", count)[-1]: name for count in range(1, architecture.prefix.count(".") + 1)}
    if architecture.head in places:
        places[HEAD] = architecture.head
    found: dict[str, str] = {}
    for name in stored:
        other = found.setdefault(places[name], name) if name in places else name
        if other != name and not torch.equal(stored.tensor(other), stored.tensor(name)):
            raise UsageError(f"{source}: {other} and {name} are the same weight and differ; expected one of them")
    missing = sorted(set(wanted) - set(found))
    unknown = []
    for name in stored:
        if config.tied and not missing and name in (HEAD, architecture.head):
            _check_tied(stored, name, found[architecture.weights(config)[0].theirs[0]], source)
        elif name not in places and not re.fullmatch(architecture.constants, name):
            unknown.append(name)
    if unknown or missing:
        raise UsageError(
            f"{source}: not the weights of this {architecture.kind} configuration: "
            f"no place for {_some(sorted(unknown))}; nothing for {_some(missing)}"
        )
    return found


def _check_tied(stored: Shards | _InMemory, head: str, table: str, source: str) -> None:
    """A head that is stored although it is tied must be the table of tokens."""
    if not torch.equal(stored.tensor(head), stored.tensor(table)):
        raise UsageError(f"{source}: tie_word_embeddings is true, but {head} and {table} differ")


def _some(names: list[str]) -> str:
    """The first few names of a list that may be long."""
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown or "nothing"
