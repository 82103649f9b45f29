import socket
import threading
import time
from contextlib import ExitStack, suppress

import pytest

from hostile.strangers import STRANGERS, disturb
from rnn_graph.errors import InputError
from rnn_graph.train import rendezvous
from rnn_graph.train.rendezvous import meet
from rnn_graph.train.talk import GREETING

SECRET = b"known to all of them"


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def meet_in_threads(port, places, count, timeout=60, unready=(), secret=SECRET, turned_away=None):
    """What each came to: None, or its error; how many were turned away goes into a list."""
    outcomes = {}

    def come(key, place):
        try:
            with meet("127.0.0.1", port, count, place, timeout, secret) as meeting:
                if place == 0 and turned_away is not None:
                    turned_away.append(meeting.turned_away)
                if place not in unready:
                    meeting.wait_until_all_are_ready()
            outcomes[key] = None
        except InputError as error:
            outcomes[key] = str(error)

    threads = [threading.Thread(target=come, args=item) for item in enumerate(places)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_all_go_on_once_all_are_there(port):
    assert meet_in_threads(port, [2, 1, 0], 3) == {0: None, 1: None, 2: None}


def test_the_first_says_how_many_came(port):
    other = {}
    thread = threading.Thread(target=lambda: other.update(meet_in_threads(port, [1], 3, timeout=6)))
    thread.start()
    first = meet_in_threads(port, [0], 3, timeout=3)[0]
    thread.join()
    assert f"2 of 3 processes came to 127.0.0.1:{port} within 3 seconds" in first
    assert f"no process 0 with all others at 127.0.0.1:{port} within 6 seconds" in other[0]


def test_without_a_first_the_others_give_up(port):
    assert "found no process 0" in meet_in_threads(port, [1], 2, timeout=0.5)[0]


def test_a_port_that_is_taken_is_named(port):
    with socket.create_server(("", port)):
        assert f"cannot listen at 127.0.0.1:{port}" in meet_in_threads(port, [0], 2)[0]


def test_one_that_ends_while_it_reads_is_named(port):
    outcomes = meet_in_threads(port, [0, 1, 2], 3, unready=[2])
    assert "process 2 ended before it was ready" in outcomes[0]
    assert "process 0 ended" in outcomes[1]


def test_when_the_first_ends_while_it_reads_the_others_say_so(port):
    assert "process 0 ended" in meet_in_threads(port, [0, 1], 2, unready=[0])[1]


def wait_for_the_first(port):
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as connection:
            assert connection.recv(len(GREETING)) == GREETING
            return
        time.sleep(0.02)


def test_one_that_comes_again_takes_its_place(port):
    outcomes = {}

    def others():
        wait_for_the_first(port)
        # Process 1 comes, gives up, and is started again; with process 2 all have come.
        outcomes.update(gone=meet_in_threads(port, [1], 3, timeout=0.5)[0])
        outcomes.update(meet_in_threads(port, [1, 2], 3))

    thread = threading.Thread(target=others)
    thread.start()
    assert meet_in_threads(port, [0], 3) == {0: None}
    thread.join()
    assert "within 0.5 seconds" in outcomes.pop("gone")
    assert outcomes == {0: None, 1: None}


@pytest.mark.parametrize(
    ("place", "count", "secret", "said"),
    [
        (1, 3, SECRET, "has a process 1 already; give another --process-id"),
        (1, 3, b"another secret of some", "has another secret; give that of its"),
        (7, 8, SECRET, "has no place for process 7; give the same --num-processes"),
    ],
)
def test_who_is_turned_away_says_why_and_the_others_meet(port, place, count, secret, said):
    outcomes, turned_away = {}, []

    def others():
        wait_for_the_first(port)
        first = threading.Thread(target=lambda: outcomes.update(meet_in_threads(port, [1], 3)))
        first.start()
        time.sleep(0.5)
        odd = meet_in_threads(port, [place], count, secret=secret)
        first_two = {"odd": odd[0], "second": meet_in_threads(port, [2], 3)[0]}
        first.join()
        outcomes.update(first_two)

    thread = threading.Thread(target=others)
    thread.start()
    assert meet_in_threads(port, [0], 3, turned_away=turned_away) == {0: None}
    thread.join()
    assert said in outcomes.pop("odd")
    assert outcomes == {0: None, "second": None}
    assert turned_away == [2]  # the odd one, and who looked whether the first is there


@pytest.mark.parametrize("kind", STRANGERS)
def test_strangers_disturb_no_meeting(port, kind):
    many = 100  # more than may stand at the door
    turned_away, outcomes = [], {}

    def others():
        wait_for_the_first(port)
        with ExitStack() as stack:
            for _ in range(many):
                stack.enter_context(disturb(port, kind, SECRET))
            outcomes.update(meet_in_threads(port, [1, 2], 3, timeout=20))

    thread = threading.Thread(target=others)
    thread.start()
    assert meet_in_threads(port, [0], 3, timeout=20, turned_away=turned_away) == {0: None}
    thread.join()
    assert outcomes == {0: None, 1: None}
    assert turned_away == [many + 1]


def test_few_strangers_stand_at_the_door(port, monkeypatch):
    monkeypatch.setattr(rendezvous, "MOST_VISITORS", 5)
    first = threading.Thread(target=meet_in_threads, args=(port, [0], 2, 3))
    first.start()
    wait_for_the_first(port)
    with ExitStack() as stack:
        held = [stack.enter_context(disturb(port, "silent", SECRET)) for _ in range(20)]
        closed = [connection.recv(1) for connection in held[:15]]  # waits for the end of each
        assert closed == [b""] * 15
        for connection in held[15:]:
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)
    first.join()


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.6\r\n" * 5, GREETING + bytes(99)])
def test_who_listens_there_and_is_no_first_holds_nobody_up(port, answer):
    with socket.create_server(("127.0.0.1", port)) as server:

        def serve():
            with suppress(OSError), ExitStack() as stack:
                while True:
                    connection = stack.enter_context(server.accept()[0])
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        begin = time.monotonic()
        said = meet_in_threads(port, [1], 2, timeout=2)[0]
        assert "found no process 0" in said
        assert time.monotonic() - begin < 10
        server.close()
