"""MQTT 5.0 and 3.1.1 for a receiver, without I/O.

`Connection` speaks the protocol of one connection, `Receiver` splits its bytes into columns of messages and
`RedeliveryMemory` tells repetitions from new messages across connections. Subscriptions ask for QoS 1 at most: a third
and fourth packet per message would add nothing that the redelivery memory and the history store do not give.
"""

from plantverse.ingest.mqtt.connection import Connection, ConnectOptions
from plantverse.ingest.mqtt.control import Answer, Bye, ConnAck, Pong
from plantverse.ingest.mqtt.receiver import DUP, REDELIVERED, RETAIN, SYNTHETIC, Columns, Receiver
from plantverse.ingest.mqtt.redelivery import Admission, RedeliveryMemory

__all__ = [
    "DUP",
    "REDELIVERED",
    "RETAIN",
    "SYNTHETIC",
    "Admission",
    "Answer",
    "Bye",
    "Columns",
    "ConnAck",
    "ConnectOptions",
    "Connection",
    "Pong",
    "Receiver",
    "RedeliveryMemory",
]
