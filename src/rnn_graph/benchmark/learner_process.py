"""A learner's own process: it trains an epoch a turn, and tells the score after each."""

from multiprocessing.connection import Connection

from rnn_graph.benchmark.contender import Contender
from rnn_graph.benchmark.learner import Clock, LearningTask, Point
from rnn_graph.benchmark.process import contender_at_work, import_libraries
from rnn_graph.benchmark.timing import timed

WEIGHTS, TURN = "weights", "turn"


def serve_learner(contender: Contender, task: LearningTask, threads: int, pipe: Connection) -> None:
    """Build the learner and tell the seconds that it took; then do what is asked.

    - `WEIGHTS`: a peer's first values under the names of this project, and the figures of their
      score.
    - A peer's weights: the same figures of this project's model.
    - `TURN`: an epoch. The first answer is a pair of the `StartUp` and a `Point`, each other one
      a `Point`. A process that trains is asked for nothing else.
    """
    with contender_at_work(threads, pipe):
        imported, _ = timed(lambda: import_libraries(contender))
        built, learner = timed(lambda: contender.build(task))
        pipe.send(imported + built)
        asked = pipe.recv()
        if isinstance(asked, dict):
            learner.set_parameters(asked)
            pipe.send(learner.figures())
        elif asked == WEIGHTS:
            pipe.send((learner.parameters(), learner.figures()))
        else:
            clock = Clock()

            def tell(point: Point) -> None:
                pipe.send((clock.start_up, point) if point.epoch == 1 else point)
                pipe.recv()

            learner.learn(clock, tell)
