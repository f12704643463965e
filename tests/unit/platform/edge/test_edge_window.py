"""The window: little under way on a link that queues, more on one that does not."""

from plantverse.platform.edge.window import FIRST, LEAST, MOST, Window


def filled(window: Window) -> None:
    window.open = window.size
    assert not window.room
    window.open = 0


def test_waiting_in_the_link_shrinks_it_to_its_least_and_a_far_link_does_not() -> None:
    window = Window()
    window.answered(0.05)
    for _ in range(10):
        window.answered(0.9)
    assert window.size == LEAST
    far = Window()
    for _ in range(10):
        far.answered(0.9)
    assert far.size == FIRST


def test_it_grows_only_where_it_was_filled() -> None:
    window = Window()
    for _ in range(50):
        window.answered(0.01)
    assert window.size == FIRST
    for _ in range(50):
        filled(window)
        window.answered(0.01)
    assert window.size == MOST


def test_a_link_that_got_longer_is_believed_after_a_while() -> None:
    window = Window()
    window.answered(0.01)
    for _ in range(40):
        filled(window)
        window.answered(0.6)
    assert window.size > LEAST
