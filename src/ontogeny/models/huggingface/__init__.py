"""Other people's models: folders of GPT-2, CodeGen, OPT, GPT-NeoX and LLaMA, read and written without transformers."""

from typing import TYPE_CHECKING

from ontogeny.lazy import importing

if TYPE_CHECKING:
    from pathlib import Path

    from ontogeny.models.huggingface.folders import CONFIG, fingerprint, load, load_state, read_config
    from ontogeny.models.network import TransformerModel

__all__ = ["CONFIG", "fingerprint", "load", "load_state", "read_config", "save"]

_LAZY = dict.fromkeys(set(__all__) - {"save"}, "folders")  # needs torch

__getattr__ = importing(__name__, _LAZY)


# A function that the module holds: nnsight gives every object a method `save`, modules too, and with it a name that is
# only found when asked for would never be asked for.
def save(model: "TransformerModel", folder: "Path | str", kind: str) -> None:
    """Write a model as a folder of this architecture; see `folders.save`."""
    from ontogeny.models.huggingface.folders import save as write

    write(model, folder, kind)
