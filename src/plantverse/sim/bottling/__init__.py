"""A bottling plant: 48 devices with their physics, faults to order, and their MQTT publisher.

Its equations and their sources stand in docs/explanation/demo-plant.md.
"""
