"""The transformer's configuration: everything that decides its shape and its initial weights. No torch here."""

from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Ge, Gt

from ontogeny.configuration import LATER, configuration, validate
from ontogeny.errors import UsageError

if TYPE_CHECKING:
    from ontogeny.models.network import TransformerModel

Role = Literal["association"] | int
"""What a head looks at: the same token, or the position so many steps on."""


@configuration
class Transformer:
    """A decoder-only transformer; the defaults are GPT-2's block with rotary positions."""

    kind: Literal["transformer"] = "transformer"
    layers: Annotated[int, Ge(1)] = 4
    width: Annotated[int, Ge(1)] = 128
    """Size of the residual stream."""
    heads: Annotated[int, Ge(1)] = 4
    key_value_heads: Annotated[int | None, LATER] = None
    """Heads that have keys and values of their own, each shared by heads / key_value_heads queries; None: all heads
    (grouped-query attention, Ainslie et al. 2023)."""
    smeared_keys: Annotated[bool, LATER] = False
    """Every key is mixed with the one before it, in a proportion that each head learns (Olsson et al. 2022)."""
    convolution: Annotated[int, Ge(0), LATER] = 0
    """How many neighbours on each side are mixed into every position's queries, keys and values, each channel in
    proportions of its own that begin at none (as in Primer, So et al. 2021); later ones within the prompt only."""
    attention: Annotated[Literal["softmax", "linear"], LATER] = "softmax"
    """`linear`: values are weighted by the scores themselves, which are not normalised."""
    planted: Annotated[tuple[Role, ...], LATER] = ()
    """What the first heads of every layer look at from the start: the same token (`association`), or the position so
    many steps on (before, if negative). See `planting`."""
    looped: Annotated[bool, LATER] = False
    """All layers share their weights: one layer, passed through so many times."""
    stream: Annotated[Literal["embedded", "shown"], LATER] = "embedded"
    """`shown`: the vectors shown at every position are the residual stream, without embedding, and the answer is minus
    its last component, without unembedding: what is left of a target once layers have subtracted what they explain,
    beginning at 0 where it is asked for (von Oswald et al. 2022)."""
    input_mlp: Annotated[int, Ge(0), LATER] = 0
    """With stream='shown': neurons in each of two relu layers through which all that is shown passes first but its last
    component, to become the stream's others (von Oswald et al. 2022); 0: it is the stream as it is."""
    mlp: Annotated[int, Ge(0)] = 512
    """Neurons a layer; 0 makes the model attention-only."""
    activation: Literal["gelu", "gelu_new", "relu", "gated"] = "gelu"
    """`gelu` is exact, `gelu_new` its tanh approximation, `gated` is SwiGLU: silu(gate) * value."""
    block: Literal["pre_norm", "parallel", "parallel_two_norms"] = "pre_norm"
    """`pre_norm`: the MLP reads what attention wrote; `parallel`: both read the same normed input;
    `parallel_two_norms`: both read the same input, each through a norm of its own (GPT-NeoX)."""
    mask: Literal["causal", "prefix", "given"] = "causal"
    """`prefix`: the prompt's positions also attend to later positions of the prompt. `given`: all positions attend to
    those of the prompt and to no others, not even to themselves."""

    positions: Literal["rotary", "learned", "none"] = "rotary"
    position_offset: Annotated[int, Ge(0), LATER] = 0
    """Leading rows of a learned position table that no position uses: 2 in OPT, where they served padding."""
    rotary_style: Literal["interleaved", "half_split"] = "interleaved"
    """Which components of a head form a rotated pair: (2i, 2i + 1) as in GPT-J, or (i, i + n/2) as in LLaMA."""
    rotary_width: Annotated[int, Ge(2)] | None = None
    """How many leading components of each head are rotated; None rotates all."""
    rotary_base: Annotated[float, Gt(0)] = 10_000.0

    norm: Literal["layer", "rms", "none"] = "layer"
    norm_epsilon: Annotated[float, Gt(0)] = 1e-5
    attention_biases: bool = True
    mlp_biases: bool = True
    head_bias: bool = False
    tied: bool = False
    """Unembed with the transposed token table."""

    initial_scale: Annotated[float, Ge(0)] = 0.02
    """Standard deviation of all initial weights, but for those that write into the residual stream."""
    embedding_scale: Annotated[float, Ge(0)] | None = None
    """Standard deviation of the tables of tokens and positions; None: `initial_scale`."""
    scaled_residuals: bool = True
    """Divide the initial scale of weights that write into the residual stream by sqrt(2 * layers), as GPT-2 does."""

    def __post_init__(self) -> None:
        if self.heads < 1 or self.width % self.heads:
            raise UsageError(f"width must be a multiple of heads, given width={self.width} and heads={self.heads}")
        if self.key_value_heads is not None and (self.key_value_heads < 1 or self.heads % self.key_value_heads):
            raise UsageError(
                f"heads must be a multiple of key_value_heads, given heads={self.heads} and "
                f"key_value_heads={self.key_value_heads}"
            )
        if self.convolution and self.mask == "given":
            raise UsageError("convolution mixes neighbours, which mask='given' does not let see one another")
        if self.planted and (self.positions != "learned" or self.key_heads < self.heads or self.stream == "shown"):
            raise UsageError("planted heads need embeddings, learned positions, and keys of their own")
        if len(self.planted) > self.heads:
            raise UsageError(f"planted: expected at most heads = {self.heads}, given {len(self.planted)}")
        if self.stream == "shown" and self.tied:
            raise UsageError("tied needs embeddings, which stream='shown' does without")
        if self.input_mlp and self.stream != "shown":
            raise UsageError("input_mlp needs stream='shown': an embedded stream begins with a linear map")
        if self.position_offset and self.positions != "learned":
            raise UsageError(f"position_offset needs positions='learned', given {self.positions!r}")
        if self.positions == "rotary" and (self.rotated % 2 or not 0 < self.rotated <= self.head_width):
            raise UsageError(
                f"rotary_width must be even and at most width / heads = {self.head_width}, given {self.rotated}"
            )

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @property
    def key_heads(self) -> int:
        """How many heads have keys and values of their own."""
        return self.heads if self.key_value_heads is None else self.key_value_heads

    @property
    def rotated(self) -> int:
        """How many components of each head are rotated."""
        return self.head_width if self.rotary_width is None else self.rotary_width

    def build(self, *, vocab: int, feature_size: int, length: int, seed: int) -> "TransformerModel":
        """A freshly initialised model, a pure function of the configuration and the arguments.

        `feature_size` is the size of the vectors shown at feature slots (0: every position is a token); `length` the
        longest sequence it will see. Torch's global random state is left as it was.

        Raises: UsageError naming the first setting that is out of range.
        """
        from ontogeny.models.network import TransformerModel

        return TransformerModel(validate(self), vocab=vocab, feature_size=feature_size, length=length, seed=seed)


def codegen(*, layers: int, width: int, heads: int, rotary_width: int) -> Transformer:
    """The CodeGen architecture (Nijkamp et al. 2022): parallel blocks and partial, interleaved rotary positions.

    CodeGen-350M is `codegen(layers=20, width=1024, heads=16, rotary_width=32)`.
    """
    return Transformer(
        layers=layers,
        width=width,
        heads=heads,
        mlp=4 * width,
        activation="gelu_new",
        block="parallel",
        rotary_width=rotary_width,
        attention_biases=False,
        head_bias=True,
        scaled_residuals=False,
    )
