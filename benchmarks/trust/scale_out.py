"""Whether other engines give what one process gives: the tests that compare them, run and kept by what they show.

Run with `python benchmarks/trust/scale_out.py` (about two minutes).
"""

import sys

from results import keep
from shown import any_failed, outcomes

RAY = "tests/lab/executors/test_ray.py"
SLURM = "tests/lab/executors/test_slurm.py"
TORCHRUN = "tests/training/test_processes.py"
SHOWN_BY = {
    "Ray, 2 workers: a study has the bits that this machine's own processes give": (
        f"{RAY}::test_a_study_comes_out_as_on_this_machine_to_the_bit",
    ),
    "Ray, 2 and 4 workers, one of them killed in mid-training: replaced, and the same bits": (
        f"{RAY}::test_a_worker_killed_in_mid_training_is_replaced_and_all_is_as_on_this_machine",
    ),
    "submitit (its local executor): a study has the same bits": (
        f"{SLURM}::test_a_study_comes_out_as_on_this_machine_to_the_bit",
    ),
    "submitit: a job whose time is up is queued again and goes on": (
        f"{SLURM}::test_a_job_whose_time_is_up_is_queued_again_and_goes_on",
    ),
    "torchrun, 2 processes on gloo, weights replicated or sharded: the loss of one process at equal global batch": (
        f"{TORCHRUN}::test_two_processes_learn_what_one_learns_and_stop_together",
    ),
    "torchrun: what two processes left, one finishes, and the other way round": (
        f"{TORCHRUN}::test_what_two_processes_left_one_finishes",
        f"{TORCHRUN}::test_two_processes_learn_what_one_learns_and_stop_together",
    ),
}


def main() -> None:
    found = outcomes(SHOWN_BY)
    keep("scale_out", {"outcomes": found})
    sys.exit(any_failed(found))


if __name__ == "__main__":
    main()
