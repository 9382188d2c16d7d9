"""Two people at once: acts in threads of their own, each with its own connection to the test's database."""

import threading

from django.db import connection


def together(*acts):
    """Run the acts in threads of their own, started at the same moment; what each returned or raised."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index, act):
        try:
            gate.wait(10)
            found[index] = act()
        except Exception as error:  # noqa: BLE001  # handed to the test, which looks at it
            found[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def split(found, problem):
    """The ones that won and the ones that were told, and nothing else."""
    won = [answer for answer in found if not isinstance(answer, Exception)]
    told = [answer for answer in found if isinstance(answer, problem)]
    assert len(won) + len(told) == len(found), found
    return won, told
