"""What becomes of hostile input: the tests that hand it in, run and kept by what they show.

Run with `python benchmarks/trust/hostile.py` (under a minute).
"""

import sys

from results import keep
from shown import any_failed, outcomes

SHOWN_BY = {
    "a safetensors header that claims 2^60 bytes": (
        "tests/training/test_checkpoints.py::test_a_header_that_claims_more_than_there_is_is_refused",
        "tests/models/huggingface/test_shards.py::test_a_file_that_is_not_whole_is_one_clear_error",
    ),
    "a YAML bomb, tags that build objects, nesting without end": (
        "tests/test_plain.py::test_what_is_not_plain_is_refused_in_one_line_and_at_once",
    ),
    "a Parquet file of kilobytes that unfolds to gigabytes": (
        "tests/test_table_files.py::test_what_would_fill_the_memory_is_refused",
    ),
    "a path that climbs out: in lists of checkpoints, tables, shards, moments, of what is on an object store": (
        "tests/training/test_checkpoints.py::test_a_damaged_list_names_its_line",
        "tests/claims/test_evidence.py::test_a_record_that_is_none_is_refused",
        "tests/models/huggingface/test_shards.py::test_an_index_cannot_lead_out_of_the_folder",
        "tests/training/test_resume.py::test_a_moment_cannot_name_a_file_elsewhere",
        "tests/lab/test_remote.py::test_a_list_that_leads_out_of_the_folder_is_refused",
    ),
    "a path that climbs out: in the name of a run, in an address of the server": (
        "tests/lab/test_store.py::test_a_name_cannot_leave_the_store",
        "tests/explorer/test_app.py::test_problems_have_one_shape",
    ),
    "pickled weights": ("tests/models/huggingface/test_shards.py::test_pickled_weights_are_refused_and_never_opened",),
    "a file that is a pipe, or a hole of terabytes": (
        "tests/test_plain.py::test_only_small_regular_files_are_read",
        "tests/training/test_checkpoints.py::test_a_pipe_and_a_hole_are_no_checkpoints",
        "tests/training/test_journal.py::test_a_pipe_and_a_hole_are_no_journals",
    ),
}


def main() -> None:
    found = outcomes(SHOWN_BY)
    keep("hostile", {"outcomes": found})
    sys.exit(any_failed(found))


if __name__ == "__main__":
    main()
