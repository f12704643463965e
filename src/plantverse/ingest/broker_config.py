"""Configuration of an embedded broker, as text: limits that fit a subscriber that acknowledges late.

A message is acknowledged when history has committed it. Where the broker limits the messages in flight, that limit
divided by the commit interval is the highest rate, and Mosquitto drops what is above it without a word: with its
default of 20 and commits every 100 ms that is 200 messages/s.
"""

import base64
import hashlib
import json
import os
from pathlib import Path

LARGEST_MESSAGE_BYTES = 8_388_608
QUEUED_MESSAGES = 1_000_000
QUEUED_BYTES = 268_435_456
# What mosquitto_passwd of version 2.0 uses.
_ITERATIONS = 101


def mosquitto_config(host: str, port: int, folder: Path, *, passwords: Path | None, as_root: bool) -> str:
    """Return a mosquitto.conf for one listener.

    Args:
        host: Address to listen on.
        port: TCP port.
        folder: Absolute path; sessions that outlive a restart lie there.
        passwords: A file with lines of `mosquitto_password`; without it everybody is let in.
        as_root: Whether the process runs as root: Mosquitto would then change to a user that may not write there.
    """
    lines = [
        *(["user root"] if as_root else []),
        "per_listener_settings false",
        *(["allow_anonymous true"] if passwords is None else ["allow_anonymous false", f"password_file {passwords}"]),
        "max_inflight_messages 0",
        f"max_queued_messages {QUEUED_MESSAGES}",
        f"max_queued_bytes {QUEUED_BYTES}",
        f"message_size_limit {LARGEST_MESSAGE_BYTES}",
        "persistent_client_expiration 7d",
        "persistence true",
        f"persistence_location {folder}/",
        "autosave_interval 60",
        "set_tcp_nodelay true",
        "connection_messages false",
        "log_dest stdout",
        "log_type error",
        "log_type warning",
        f"listener {port} {host}",
    ]
    return "\n".join(lines) + "\n"


def mosquitto_password(user: str, password: str) -> str:
    """Return a line of Mosquitto's password file: PBKDF2 with SHA-512."""
    salt = os.urandom(12)
    proof = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"{user}:$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(proof).decode()}\n"


def rumqttd_config(host: str, port: int, *, user: str = "", password: str = "") -> str:
    """Return a rumqttd configuration for one MQTT 3.1.1 listener; its memory is bounded by the segments."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    # A JSON string is a TOML string too.
    auth = f"\n[v4.1.connections.auth]\n{json.dumps(user)} = {json.dumps(password)}\n" if user else ""
    return f"""\
id = 0

[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10

[v4.1]
name = "v4-1"
listen = "{address}"
next_connection_delay_ms = 1

[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = {LARGEST_MESSAGE_BYTES}
max_inflight_count = 65535
dynamic_filters = true
{auth}"""
