import socket
import threading
import time
from contextlib import suppress

import pytest

from rnn_graph.errors import InputError
from rnn_graph.train.rendezvous import PLACE, meet


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def meet_in_threads(port, places, count, timeout=60, unready=()):
    """What each came to: None, or its error."""
    outcomes = {}

    def come(key, place):
        try:
            with meet("127.0.0.1", port, count, place, timeout) as meeting:
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
    outcomes = meet_in_threads(port, [0, 1], 3, timeout=1)
    assert f"2 of 3 processes came to 127.0.0.1:{port} within 1 seconds" in outcomes[0]
    assert f"no process 0 with all others at 127.0.0.1:{port} within 1 seconds" in outcomes[1]


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


def test_strangers_and_one_that_comes_again_do_no_harm(port):
    def is_listening():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    def disturb():
        while not is_listening():
            time.sleep(0.05)
        for hello in (b"GET / HTTP/1.1\r\n\r\n", b"", PLACE.pack(1)):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(hello)
        second = threading.Thread(target=lambda: outcomes.update(meet_in_threads(port, [2], 3)))
        second.start()
        time.sleep(0.5)  # with process 2 all have come, but process 1 has gone again
        outcomes.update(again=meet_in_threads(port, [1], 3)[0])
        second.join()

    outcomes = {}
    other = threading.Thread(target=disturb)
    other.start()
    assert meet_in_threads(port, [0], 3) == {0: None}
    other.join()
    assert outcomes == {0: None, "again": None}
