"""Folders as other people write them, for the tests of models of one's own."""

from pathlib import Path

from ontogeny.models import Transformer
from ontogeny.models.huggingface import save

WORDS = ["<unk>", "the", "cat", "sat", "on", "mat"]


def write_model(folder: Path, seed: int = 0, *, layers: int = 2, heads: int = 2) -> Path:
    """A random model of 12 tokens and 16 positions."""
    config = Transformer(layers=layers, width=16, heads=heads, mlp=16, initial_scale=0.3)
    save(config.build(vocab=12, feature_size=0, length=16, seed=seed), folder, "gpt_neox")
    return folder


def write_tokenizer(folder: Path) -> None:
    """Cuts text into words; it would also cut it off after two of them."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.enable_truncation(2)
    made.save(str(folder / "tokenizer.json"))
