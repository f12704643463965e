"""The model: types, plant and registry, telemetry and documents, selectors. Pure; no I/O but reading plant files."""
