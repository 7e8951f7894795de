"""Writes docs/performance.md from results.json: `python benchmarks/page.py`. No figure in the table is typed."""

from collections.abc import Iterable

from frame import HERE, Row, stored

PAGE = HERE.parent / "docs" / "performance.md"

HEAD = """\
# Performance

*The table is written by `benchmarks/page.py` from `benchmarks/results.json`, which `make bench` measures; no figure in
it is typed.*

## How to measure

```console
$ make bench                     # all comparisons, one after the other: about half an hour on two cores
$ make bench WHAT=generation     # one of them, or several: WHAT="generation capture"
$ make bench ARGS=--quick        # the smallest sizes: does everything work here? Nothing is kept
```

The machine must do nothing else. The peers are installed from PyPI into an environment of their own, `.bench-venv`
(`benchmarks/requirements.txt`), together with this package; both sides of a comparison run in one process, or as
processes that take turns, on the same data with the same weights and settings. That both compute the same is checked
before anything is timed. Each figure is the median of at least five measurements after a first one that is thrown away,
all sides taking turns. A peer that cannot be installed or fails has a row that says so, and the others are measured all
the same. Rows that were measured anew replace older ones; the rest stays.

## What the table means

*Ratio* is how many times better ours is: a rate (programs/s) should be high, a time low. *Bar* is the least ratio that
was aimed at; where the other side is a limit or a part of our own work (*the step*, *plain forward*), the bar says how
large our part may be: 20 for a twentieth. The last column says what was held equal, or why there is no number.
"""

NOTHING = "Nothing has been measured yet: run `make bench` on an idle machine."

TAIL = """\
## What was tried

- **Muon for all matrices of a shape at once.** `torch.optim.Muon` takes one matrix after the other, in bf16, which
  processors without instructions for it emulate; ours batches them, and takes bf16 where the run trains in it
  (`training/muon.py`; `benchmarks/step_parts.py` compares the two).
- **Leaving out what no loss needs.** In the last layer only positions that are learned from have queries, an MLP and
  logits; positions after the last target are cut off (`TransformerModel.forward`, `first`).
- **Attention block by block.** On processors a block of 64 queries takes only the keys that it may see, and what lies
  between its two products passes through memory twice instead of five times; softmax reads and writes bf16, and
  computes in fp32 (`models/blockwise.py`). Forwards and backwards, one core, bf16: 38 sequences of 128 tokens and four
  heads 16 ms, where written out it is 43 and torch's fused kernel takes 80; 6 sequences of 830 tokens 58 to 64 ms
  against 300 and 136. In fp32 it is as fast as the fused kernel or up to a quarter faster. Up to 48 keys product,
  mask and softmax stay written out: torch's bf16 softmax is slow where rows are no multiple of its vectors.
- **bf16 by measurement.** `training.precision=measure` times both precisions at the start and takes bf16 where it is
  at least a tenth faster. Softmax and the loss stay in fp32. On a processor with instructions for it a step of the
  flagship takes 45 ms in place of 63, and the same accuracy is reached after as many steps.
- **Products by oneDNN.** Torch leaves fp32 products on processors to MKL, which keeps its AVX-512 kernels to Intel's:
  on an AMD processor with AVX-512 MKL gives 115 GFLOP/s a core at the flagship's shapes, oneDNN 240.
  `models/linear.py` takes oneDNN there. A forward pass of the capture comparison takes 129 ms in place of 227, and
  114 where GELU is carried out on the way of its product; what has gradients goes through torch's public, copying
  form: a training step of the flagship in fp32 takes 42 ms in place of 51 on two cores, 65 in place of 86 on one (in
  bf16, which torch gives to oneDNN by itself, 24 and 37). Results differ by rounding (`tests/models/test_linear.py`,
  in float64).
- **Karel's flat programs.** What an operation leaves of a cell's markers is looked up rather than computed, nothing
  is done for what is skipped, and the worlds of a program are a loop of their own instead of a division a world: 20
  ns a run in place of 30. The bound beside it is the same loop with nothing but its two dependent look-ups an
  operation.
- **Asking a tap by layers.** A layer in which a tap asks for nothing is run as without one.
- **GELU from a table.** The tanh form, which GPT-2 and CodeGen have, takes torch six times as long as the one by erf:
  3.2 ms forwards and backwards for 4,864 positions of 512 neurons on two cores, a quarter of such a step. In bf16
  there are 65,536 numbers: values (torch's own bits) and slopes are read from a table in 1.1 ms
  (`models/activations.py`).
- **Rows of a batch on cores of their own**, each by one thread of torch, in place of all threads in every operation:
  5 to 8 % of a step, less than what switching torch's number of threads costs each time (6 ms). Left out.
- **Generation.** As many programs at a time as have 32,768 positions, in place of 256 (8 %); keys and values copied
  once, from the projection to the cache (5 to 6 %); scores scaled and masked where they lie (3 to 7 %); the model is
  not asked where the grammar leaves one token, as after the last operation (one call in six after the prompt). No
  gain: the fused kernel on the projection as it lies (1.4 times as slow at 35 positions), attention compiled by numba
  (3 to 5 times as slow), an MLP by blocks of rows, torch's setting for TF32 (fp32 products of many small matrices stay
  with MKL), large pages (3 % there, as much lost in training).
- **Data beside the step.** The next batch is made in a thread while the last one is learned from; Karel programs are
  drawn, run and checked by a compiled engine.
- **torch.compile** gained nothing worth its time on processors; a model for each seed under `vmap` neither: seeds are
  processes. Small networks are different: hundreds are trained as one tensor (`models/bank.py`).
- **Starting.** Everything heavy is imported where it is used. For `ontogeny list` and `claims` the tables of the
  evidence are not read, values are found by index rather than by queries (which load Arrow's query engine, and with it
  pandas where that is installed), and a criterion is hashed once. Importing every study and the
  numerics below still took a second, so `list` keeps its summary in the user's cache, under a digest of our code and
  of every record that it judged; the first call after a change takes that second again.
- **The same memory again.** The activations of a step are freed at its end; by default glibc gives them back, and the
  system clears every page that it hands out anew. `ontogeny/memory.py` lets the C library keep up to a GiB: a
  training step in bf16 with 0.8 M parameters takes 66 to 73 ms in place of 88 to 93 at 21 tokens, 78 to 90 in place of
  88 to 101 at 128, with a tenth more memory at the peak. More than a GiB is given back, and whoever sets glibc's
  thresholds in the environment is left alone. Torch's own large pages (`THP_MEM_ALLOC_ENABLE`) are asked for there,
  too.
- **Probes.** Each penalty starts with the last one's solution, its gradient and its memory of the curvature, both
  corrected for the change of penalty: 18.5 evaluations of the log-loss a task where it had been 23.7. A longer memory
  changed nothing. All test samples are answered for 32 tasks by one product in place of one each, which had converted
  the hidden states every time. Two things gained nothing: to start from solutions on a quarter to a sixteenth of the
  samples (19 to 21 evaluations where it is 18: the last digits cost as many), and the two-loop recursion in
  coordinates of what is remembered (Chen et al., NeurIPS 2014: the same evaluations, at most 5 % of the time).

## What remains

- **The step is made of the plain loop's own kernels.** With 0.8 M parameters and 21 tokens the profiler gives matrix
  products 61 % of a step (at two thirds of the best square product's rate: the inner dimension is 128), GELU and its
  gradient 15 %, attention's small products 6 %, copies between its layouts 6 %, layer norm, softmax and sums 5 %. With
  20 M parameters and 128 tokens products take 103 of 165 ms, as fast as the best product; AdamW 9, weights and
  gradients between fp32 and bf16 11, attention's products 7, norms of gradients and their scaling 5. In fp32 on such a
  processor nobody's loop can be 1.5 times ahead of another that calls the same library well; in bf16 ours is 1.0 to
  1.5 times as fast: the more, the smaller the model, since what it saves is not in the products.
- **What the bars of the step ask for.** With 20 M parameters three times the Trainer's rate would be 1.06 (21 tokens)
  and 1.21 (128) of the best matrix product, which no step can reach, and 1.5 times the plain loop's 0.82 and 0.93 of
  it. With 3 M they ask for 0.72 to 0.84, and 0.46 to 0.70. With 0.8 M, where they ask for 0.48 to 0.59 and 0.32 to
  0.49, what is missing is in the many operations between the products, and would take kernels of our own for several
  at once: those of torch.compile bring the plain loop from 88 to 82 ms at 128 tokens, after 26 s.
- **Generation is mostly reading.** A program of the comparison is 35 tokens of prompt and about five written: some 50
  MFLOP of matrix products, which take half of the time (at eight tenths of the best rate). Attention's products take a
  third: 35 by 35 after the prompt, since neither MKL nor the fused kernel is quick at so small ones, and one query
  against a cache, at half of what memory can give. Three runs of the comparison gave 4.7 to 5.3 times the peer.
- **Capturing everything** takes as long as a plain forward pass (0.96 to 1.02 of it) since freed memory is kept;
  before, the system cleared 232 MiB at each call. A first call in a process still waits for that.
- Time to meaning (seconds of training to 90 % right programs) is measured by name only: `make bench
  WHAT=time_to_meaning` trains three seeds. The same 4,500 steps, with the same accuracies, took 108, 142, 135
  and 110 s: the machine is shared, and a step took 24 to 29 ms. Muon is a sixth to a third of it. At the published
  lengths, 6 to 10 operations, a slot for each example had given 83 % after 103 minutes in fp32 and 86 % after 111
  minutes in bf16; with a slot for each row of a grid `overnight` passes 90 % after 20,000 steps of 85 ms, half an hour
  (one seed, not a run of the benchmark).
- Nothing here was measured on a GPU.
- TransformerLens' loop offers no bf16, so it trains in fp32 whatever ours uses.
"""


def page() -> str:
    """The whole page."""
    rows = stored()
    return f"{HEAD}\n## Side by side\n\n{table(rows) if rows else NOTHING}\n\n{TAIL}"


def table(rows: Iterable[Row]) -> str:
    """The rows, and below them on what they were measured."""
    rows = list(rows)
    places = list(dict.fromkeys((row["machine"], row["commit"]) for row in rows))
    lines = ["| what | ours | against | unit | ratio | bar | met | |", "|---|--:|---|---|--:|--:|---|---|"]
    for row in rows:
        mark = f" [{places.index((row['machine'], row['commit'])) + 1}]" if len(places) > 1 else ""
        met = {True: "yes", False: "**no**", None: ""}[row["met"]]
        against = f"{row['peer_name']} {_number(row['peer'])}".strip()
        cells = (
            row["what"] + mark,
            _number(row["ours"]),
            against,
            row["unit"],
            _number(row["ratio"]),
            _number(row["bar"]),
        )
        lines.append(f"| {' | '.join(_cell(cell) for cell in (*cells, met, row['note']))} |")
    marked = [
        f"{f'[{number}] ' if len(places) > 1 else ''}{name}, at {commit}"
        for number, (name, commit) in enumerate(places, 1)
    ]
    return "\n".join([*lines, "", f"*On {'; '.join(marked)}.*"])


def _number(value: float | None) -> str:
    """Three significant digits; nothing where there is no number."""
    if value is None:
        return ""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:g}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def write() -> None:
    PAGE.write_text(page())


if __name__ == "__main__":
    write()
    print(PAGE)
