"""REST under `/api/v1`: one file per kind of thing, thin, with the same errors and the same caller everywhere."""

from plantverse.platform.api.routes import api_router

__all__ = ["api_router"]
