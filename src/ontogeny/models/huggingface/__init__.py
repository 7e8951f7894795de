"""Other people's models: folders of GPT-2, CodeGen, OPT, GPT-NeoX and LLaMA, read and written without transformers."""

from typing import TYPE_CHECKING

from ontogeny.lazy import importing

if TYPE_CHECKING:
    from ontogeny.models.huggingface.folders import CONFIG, fingerprint, load, load_state, read_config, save

__all__ = ["CONFIG", "fingerprint", "load", "load_state", "read_config", "save"]

_LAZY = dict.fromkeys(__all__, "folders")  # needs torch

__getattr__ = importing(__name__, _LAZY)
