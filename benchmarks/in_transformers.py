"""Our models as models of transformers and of TransformerLens, with the same weights."""

import tempfile
from pathlib import Path
from typing import Any

from ontogeny.models import TransformerModel
from ontogeny.models.huggingface import save


def as_gpt2(model: TransformerModel, **settings: Any) -> Any:
    """The model as transformers' GPT-2, in evaluation mode; `settings` are what loading it takes."""
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        save(model, Path(folder, "model"), "gpt2")
        return AutoModelForCausalLM.from_pretrained(Path(folder, "model"), **settings).eval()


def as_bridge(model: TransformerModel) -> Any:
    """TransformerLens' view of the same model."""
    from transformer_lens.model_bridge.sources._bridge_builder import build_bridge_from_module

    module = as_gpt2(model, attn_implementation="eager")  # the one that has attention patterns
    return build_bridge_from_module(module, type(module).__name__, hf_config=module.config)
