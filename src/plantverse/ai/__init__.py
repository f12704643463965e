"""What learns from the plant: detectors of anomalies, the harness that judges them, and how models are kept.

Importing it needs numpy and nothing else. It knows twins and their samples, not where they come from.
"""
