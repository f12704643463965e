from plantverse.platform.attempts import FailedAttempts

SECOND = 1_000_000_000


def test_an_address_waits_until_its_oldest_failure_is_a_minute_old() -> None:
    attempts = FailedAttempts(limit=3)
    for second in (0, 10, 20):
        assert attempts.wait_s("192.0.2.1", second * SECOND) == 0.0
        attempts.failed("192.0.2.1", second * SECOND)
    assert attempts.wait_s("192.0.2.1", 20 * SECOND) == 40.0
    assert attempts.wait_s("192.0.2.1", 60 * SECOND) == 0.0
    attempts.failed("192.0.2.1", 60 * SECOND)
    assert attempts.wait_s("192.0.2.1", 61 * SECOND) == 9.0


def test_addresses_do_not_hold_each_other_up() -> None:
    attempts = FailedAttempts(limit=1)
    attempts.failed("192.0.2.1", 0)
    assert attempts.wait_s("192.0.2.1", 0) == 60.0
    assert attempts.wait_s("::ffff:192.0.2.1", 0) == 60.0
    assert attempts.wait_s("192.0.2.2", 0) == 0.0


def test_one_ipv6_host_cannot_escape_within_its_network() -> None:
    attempts = FailedAttempts(limit=1)
    attempts.failed("2001:db8:1:2::1", 0)
    assert attempts.wait_s("2001:db8:1:2::ffff", 0) == 60.0
    assert attempts.wait_s("2001:db8:1:3::1", 0) == 0.0


def test_memory_is_bounded_and_the_newest_are_kept() -> None:
    attempts = FailedAttempts(limit=1)
    for number in range(5_000):
        attempts.failed(f"peer-{number}", number)
    assert attempts.wait_s("peer-0", 5_000) == 0.0
    assert attempts.wait_s("peer-4999", 5_000) > 59.0
    assert len(attempts._failures) == 4_096
