"""What goes wrong in the AI layer, as leaves of the one tree of errors."""

from plantverse.errors import PlantverseError


class RowsUnfit(PlantverseError):
    """Rows cannot be learned from or scored: too few, the wrong width, nothing that moves, another format."""

    code = "rows_unfit"


class ModelInvalid(PlantverseError):
    """A saved model cannot be used: changed since it was saved, of another version, of an unknown kind, or absent."""

    code = "model_invalid"


class ConditionUnseen(PlantverseError):
    """A generator is asked for a fault, a severity or an onset that it never saw."""

    code = "condition_unseen"
