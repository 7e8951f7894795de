"""The tutorial, command by command as it stands on its page, in an empty folder."""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "first_study.md"
SOURCE = Path(__file__).parents[2] / "src"


@pytest.mark.slow
def test_the_tutorial_leads_from_an_empty_folder_to_a_verdict(tmp_path: Path) -> None:
    commands = re.findall(r"^\$ (.*)$", PAGE.read_text(), flags=re.MULTILINE)
    assert len(commands) >= 8
    outputs = {}
    for command in commands:
        outputs[command] = _carried_out(command, tmp_path)
    first, again = (outputs[command] for command in ("ontogeny run repeating --preset smoke --seeds 3",) * 2)
    assert re.search(r"^  reproduced +repeats: ", first, flags=re.MULTILINE)
    assert "everything asked for was measured before" in again
    assert "2 passed" in outputs["pytest repeating"]
    assert len(list((tmp_path / "runs" / "repeating").glob("*/DONE"))) == 6
    assert "learns to repeat four letters" in _carried_out("ontogeny claims repeating --preset smoke --json", tmp_path)


def _carried_out(command: str, folder: Path) -> str:
    """What the command says. Packages are installed into the folder, from it alone, without asking an index."""
    site = folder / "site" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    paths = [SOURCE, site, folder / "repeating" / "src"]  # what an editable install adds to the path
    environment = {
        **os.environ,
        "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "OMP_NUM_THREADS": "1",
    }
    offline = f"pip install -q --no-index --no-deps --no-build-isolation --prefix {folder / 'site'}"
    command = command.replace("pip install", offline)
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr
