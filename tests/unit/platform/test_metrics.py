import dataclasses

import pytest
from prometheus_client.parser import text_string_to_metric_families

from plantverse.platform.metrics import CONTENT_TYPE, Metrics, Readings


def values(page: bytes) -> dict[tuple[str, str], float]:
    """Return the samples of our own metrics by name and label."""
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
        if sample.name.startswith("plantverse_")
    }


LABELLED = {
    "rejected", "commands", "broker_connected", "history_spool", "edge_nodes", "edge_rows", "edge_refused",
    "detector_rows", "worker_ended",
}  # fmt: skip


def everything() -> Readings:
    numbers = {
        field.name: (lambda number=number: number)
        for number, field in enumerate(dataclasses.fields(Readings))
        if field.name not in LABELLED
    }
    return Readings(
        **numbers,
        rejected=lambda: {"not_a_number": 3, 'odd "cause"\n': 1},
        commands=lambda: {"succeeded": 7, "expired": 2},
        detector_rows=lambda: {"judged": 9},
        worker_ended=lambda: {"crashes": 1},
        broker_connected=lambda: True,
        history_spool=lambda: {"spooled": 5},
        edge_nodes=lambda: {"up": 2, "lost": 1},
        edge_rows=lambda: {"edge-1": 40},
        edge_refused=lambda: {"edge-1": 1},
    )


def test_every_reading_is_on_the_page_once() -> None:
    found = values(Metrics(everything(), version="1.2.3").render())
    position = {field.name: number for number, field in enumerate(dataclasses.fields(Readings))}
    expected = {
        ("plantverse_build_info", "1.2.3"): 1,
        ("plantverse_edge_nodes", "up"): 2,
        ("plantverse_edge_nodes", "lost"): 1,
        ("plantverse_edge_rows_total", "edge-1"): 40,
        ("plantverse_edge_batches_refused_total", "edge-1"): 1,
        ("plantverse_messages_received_total", ""): position["received"],
        ("plantverse_messages_accepted_total", ""): position["accepted"],
        ("plantverse_messages_rejected_total", "not_a_number"): 3,
        ("plantverse_messages_rejected_total", 'odd "cause"\n'): 1,
        ("plantverse_samples_per_second", ""): position["samples_per_second"],
        ("plantverse_viewers", ""): position["viewers"],
        ("plantverse_sync_frames_sent_total", ""): position["frames_sent"],
        ("plantverse_sync_bytes_sent_total", ""): position["bytes_sent"],
        ("plantverse_sync_bytes_unsent", ""): position["bytes_unsent"],
        ("plantverse_sync_slow_clients", ""): position["slow_clients"],
        ("plantverse_sync_clients_dropped_total", ""): position["clients_dropped"],
        ("plantverse_sync_tick_lag_seconds", ""): position["tick_lag_s"],
        ("plantverse_sync_overruns_total", ""): position["overruns"],
        ("plantverse_history_rows_pending", ""): position["history_pending"],
        ("plantverse_history_rows_committed_total", ""): position["history_committed"],
        ("plantverse_history_commits_failed_total", ""): position["history_failed"],
        ("plantverse_history_rows_repeated_total", ""): position["history_repeated"],
        ("plantverse_history_events_dropped_total", ""): position["history_events_dropped"],
        ("plantverse_history_spool_rows_total", "spooled"): 5,
        ("plantverse_commands_total", "succeeded"): 7,
        ("plantverse_commands_total", "expired"): 2,
        ("plantverse_detector_rows_total", "judged"): 9,
        ("plantverse_models_worker_ended_total", "crashes"): 1,
        ("plantverse_broker_connected", ""): 1,
        ("plantverse_revision", ""): position["revision"],
    }
    assert found == expected


def test_what_a_server_does_not_have_is_left_out() -> None:
    assert values(Metrics(Readings(), version="1").render()) == {("plantverse_build_info", "1"): 1}


def test_numbers_are_read_when_the_page_is_asked_for() -> None:
    viewers = [0]
    metrics = Metrics(Readings(viewers=lambda: viewers[0]), version="1")
    assert values(metrics.render())["plantverse_viewers", ""] == 0
    viewers[0] = 5
    assert values(metrics.render())["plantverse_viewers", ""] == 5


def test_nothing_is_read_before() -> None:
    def too_early() -> float:
        raise AssertionError("read")

    metrics = Metrics(Readings(viewers=too_early), version="1")
    with pytest.raises(AssertionError, match="read"):
        metrics.render()


def test_the_process_is_measured_too() -> None:
    assert b"process_resident_memory_bytes" in Metrics(Readings(), version="1").render()
    assert CONTENT_TYPE.startswith("text/plain")
