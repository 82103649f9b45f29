"""From a file to a trained language model of minibatches: a run that can be taken up again."""

import math
from contextlib import closing
from pathlib import Path

from rnn_graph.cli.progress import TrainingProgress, deferred_interrupt
from rnn_graph.cli.run_folder import RunSettings
from rnn_graph.cli.run_recorder import LanguageTrainingResult, RunRecorder
from rnn_graph.data.corpus import LanguageCorpus
from rnn_graph.errors import TrainingDiverged
from rnn_graph.models.language_model import LanguageModel
from rnn_graph.predict.metrics import perplexity
from rnn_graph.train.observer import Step, Watching
from rnn_graph.train.settings import LanguageTrainingSettings
from rnn_graph.train.trainer import LanguageTrainer


def train_and_save_language_model(
    model: LanguageModel,
    corpus: LanguageCorpus,
    settings: LanguageTrainingSettings,
    run: RunSettings,
    folder: Path,
    *,
    data: str,
) -> LanguageTrainingResult:
    """Train with a progress bar; write checkpoints, history and the best or last model.

    Parameters
    ----------
    folder
        From `run_folder`.
    data
        Where the text comes from, for the model file.
    """
    trainer = LanguageTrainer(model, corpus.training, settings, held_out=corpus.held_out)
    recorder = RunRecorder(trainer, corpus, run, folder, data)
    recorder.begin()
    unit = "words" if model.reads_words else "characters"
    total = settings.epochs * len(corpus.training)
    with (
        closing(recorder),
        TrainingProgress(total, _describe_loss, unit=unit) as progress,
        deferred_interrupt() as interrupted,
    ):
        recorder.tell, recorder.interrupted = progress.say, interrupted
        progress.begin_at(trainer.position.seen)
        watching = Watching(
            on_tokens=lambda tokens, nats: progress.on_step(Step(tokens, nats)),
            on_record=recorder.on_record,
            on_evaluation=recorder.on_evaluation,
            on_step=recorder.on_step,
            should_stop=recorder.should_stop,
        )
        try:
            trainer.run(watching)
        except TrainingDiverged as error:
            kept = f"{run.out} holds the best model so far" if recorder.saved else "no model yet"
            raise TrainingDiverged(f"{error} ({kept})") from None
        recorder.end()
    return recorder.result()


def _describe_loss(loss: float) -> str:
    return f"ppl {perplexity(loss):,.2f} {loss / math.log(2):.3f} bits"
