"""`python -m rnn_graph` is the command `rnn-graph`."""

from rnn_graph.cli import main

if __name__ == "__main__":
    main()
