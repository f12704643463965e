"""One way to save, hash, version and load what was learned, whatever learned it."""

from plantverse.ai.models.file import Model, read_facts, read_model, write_model
from plantverse.ai.models.registry import Entry, ModelRegistry

__all__ = ["Entry", "Model", "ModelRegistry", "read_facts", "read_model", "write_model"]
