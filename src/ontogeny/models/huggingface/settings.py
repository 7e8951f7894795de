"""The settings of a config.json: each is read, or known not to matter, or named in an error."""

from collections.abc import Iterable, Mapping
from typing import Any

from ontogeny.errors import UsageError

LARGEST = 2**28

HARMLESS = frozenset((
    "_name_or_path", "architectures", "attn_implementation", "_attn_implementation", "bad_words_ids",
    "begin_suppress_tokens", "bos_token_id", "decoder_start_token_id", "diversity_penalty", "do_sample", "dtype",
    "early_stopping", "encoder_no_repeat_ngram_size", "eos_token_id", "exponential_decay_length_penalty",
    "finetuning_task", "forced_bos_token_id", "forced_eos_token_id", "gradient_checkpointing", "id2label",
    "is_decoder", "label2id", "length_penalty", "max_length", "min_length", "model_type", "no_repeat_ngram_size",
    "num_beam_groups", "num_beams", "num_return_sequences", "output_attentions", "output_hidden_states",
    "output_scores", "pad_token_id", "prefix", "problem_type", "remove_invalid_values", "repetition_penalty",
    "return_dict", "return_dict_in_generate", "sep_token_id", "suppress_tokens", "task_specific_params",
    "temperature", "tf_legacy_loss", "tokenizer_class", "top_k", "top_p", "torch_dtype", "torchscript",
    "transformers_version", "typical_p", "use_bfloat16", "use_cache",
))  # fmt: skip
"""Names, storage types, ways of sampling: nothing that the logits of a token depend on. Weights are read as fp32."""

ABSENT: Mapping[str, Any] = {
    "add_cross_attention": False,
    "auto_map": None,
    "chunk_size_feed_forward": 0,
    "cross_attention_hidden_size": None,
    "is_encoder_decoder": False,
    "pruned_heads": {},
    "quantization_config": None,
    "tie_encoder_decoder": False,
}
"""What any config.json may ask for and no model here does: only these values are read."""


class Settings:
    """The settings of one config.json; `where` names the file in errors. All errors are `UsageError`."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self.values, self.where = values, where
        self.read: set[str] = set(HARMLESS)
        for name, value in ABSENT.items():
            self.only(name, value)

    def integer(self, name: str, default: int | None = None) -> int:
        """A whole number from 1; `default` where there is none, or null."""
        value = self._given(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < LARGEST:
            raise self._error(name, f"expected a whole number from 1 to {LARGEST - 1}", value)
        return value

    def number(self, name: str, default: float) -> float:
        """A number above 0."""
        value = self._given(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise self._error(name, "expected a number above 0", value)
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        value = self._given(name, default)
        if not isinstance(value, bool):
            raise self._error(name, "expected true or false", value)
        return value

    def choice(self, name: str, default: str, known: Mapping[str, str]) -> str:
        """Our word for theirs."""
        value = self._given(name, default)
        if not isinstance(value, str) or value not in known:
            raise self._error(name, f"supported are {', '.join(known)}", value)
        return known[value]

    def only(self, name: str, *supported: Any) -> None:
        """The setting may be missing, or have one of these values."""
        value = self._given(name, supported[0])
        if not any(value == other and isinstance(value, bool) == isinstance(other, bool) for other in supported):
            raise self._error(name, f"supported here is {' or '.join(map(_json, supported))}", value)

    def part(self, name: str) -> "Settings | None":
        """Settings within settings; None where there are none."""
        value = self._given(name, None)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._error(name, "expected settings in braces", value)
        return Settings(value, f"{self.where}: {name}")

    def without_effect(self, names: Iterable[str]) -> None:
        """Settings that matter to training only (dropout), or to other heads than the language model's."""
        self.read.update(names)

    def finish(self) -> None:
        """After all has been read: what is left over might matter, and is named."""
        left = sorted(set(self.values) - self.read)
        if left:
            raise UsageError(f"{self.where}: settings that are not understood here: {', '.join(left)}")

    def _given(self, name: str, default: Any) -> Any:
        self.read.add(name)
        value = self.values.get(name)
        return default if value is None else value

    def _error(self, name: str, expected: str, value: Any) -> UsageError:
        given = "it is missing" if value is None and name not in self.values else f"given {_json(value)}"
        return UsageError(f"{self.where}: {name}: {expected}; {given}")


def _json(value: Any) -> str:
    """As the file has it, shortened."""
    import json

    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
