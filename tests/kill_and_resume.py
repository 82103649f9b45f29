"""Kill training runs at random moments, go on with --resume, and compare with whole runs.

By hand: python tests/kill_and_resume.py [KILLS [SEED]]. It trains each kind of model by each
recipe, kills each run KILLS times (3) with SIGKILL, and prints whether the model file and the last
checkpoint hold the same bits as those of a run that was not killed. The exit status is 1 if not.
tests/cli/test_runs.py kills each run once, at its worst moment.
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from small_runs import (
    PROGRAM,
    RUNS,
    as_process,
    checkpoints,
    command,
    differences,
    newest_step,
    write_data,
)

EVERY_STEP = ("--checkpoint-minutes", 0)


def main(kills: int = 3, seed: int = 0) -> int:
    draw, different = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data(folder)
        print(f"{'run':18}  {'steps':>5}  {'killed after':20}  equal")
        for task, recipe in RUNS:
            whole, out = (folder / f"{part}-{task}-{recipe}.npz" for part in ("whole", "killed"))
            run_to_the_end(*command(folder, task, recipe, whole))
            steps = newest_step(whole)
            moments = sorted(draw.sample(range(1, steps), min(kills, steps - 1)))
            killed = [
                step
                for moment in moments
                if (step := kill_after(moment, command(folder, task, recipe, out), out, draw))
            ]
            run_to_the_end(*command(folder, task, recipe, out), "--resume")
            found = differences(out, whole)
            different += bool(found) or len(killed) < len(moments)
            said = "no: " + ", ".join(found) if found else "yes"
            steps_killed = ", ".join(map(str, killed))
            print(f"{task + ' ' + recipe:18}  {steps:5}  {steps_killed:20}  {said}", flush=True)
    return int(different > 0)


def kill_after(step: int, arguments: tuple, out: Path, draw: random.Random) -> int | None:
    """Train until a checkpoint of that step or a later one, and kill; None if it ended first."""
    resume = ("--resume",) if checkpoints(out) else ()
    process = subprocess.Popen(
        as_process(PROGRAM, *arguments, *EVERY_STEP, *resume),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and newest_step(out) < step:
        time.sleep(0.001)
    time.sleep(draw.uniform(0, 0.01))
    ended = process.poll() is not None
    process.kill()
    process.wait()
    return None if ended else newest_step(out)


def run_to_the_end(*arguments) -> None:
    subprocess.run(as_process(PROGRAM, *arguments), check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
