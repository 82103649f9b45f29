"""How the figures of a report come about, for its end."""

METHOD = {
    "Checked before it is timed": "The losses and updated parameters of every contender are"
    " compared with a NumPy reference. One that computes something else is not timed.",
    "Turns": "Each contender has a process of its own. They take turns, round after round. A time"
    " is the median over the rounds, a ratio the median of the ratios within each round; in"
    " parentheses stand the lowest and the highest round.",
    "Ratios that support no claim": "With fewer than three rounds, or where the highest ratio is"
    " more than half again the lowest, a sentence gives the range alone, and a table has a question"
    " mark.",
    "Quick runs": "Short turns, and one round if no other number was asked for; programs that take"
    " long to compile are left out, the others start side by side. Figures of one round have no"
    " range, and support no claim.",
    "PyTorch as written": "The program that a user of PyTorch writes first, of its own layers and"
    " autograd. Autograd does not truncate: where this project truncates the gradients, PyTorch as"
    " written goes back to the beginning of the sentence. The fastest PyTorch is the fastest of all"
    " its programs here, among them those with gradients by hand and those that are compiled.",
    "Floor": "The matrix products of the work alone, in the fastest library at hand and in the same"
    " precision, and the time in which memory moves the numbers that have to be read or written"
    " once. No program that does the work can be faster.",
    "Other contenders": "Literal port: the tutorial's graph as it was. Hand-written JAX: the same"
    " model without this project. NumPy reference: the model that all others are checked by, in"
    " float64. Re-running the prefix: every word is drawn from the whole sentence before it.",
    "Columns": "× PyTorch and × reference: how many times as fast as PyTorch as written, and as the"
    " NumPy reference. × floor: the time over that of the matrix products. × ours: the time over"
    " that of this project. Set-up, compile, first call: until the first result, in a fresh process"
    " with nothing kept from before. Peak MB: the largest memory in its turns, less what its"
    " libraries held.",
    "What is learned": "The default recipe of this project beside PyTorch's own layers and first"
    " values, with the same sizes, data, order of minibatches, dropout, optimizer and learning"
    " rate. The time to the score that all reach contains compilation.",
    "Precision": "float32, where a chart does not name another one.",
}
