"""The installed version of the package."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("plantverse")
except PackageNotFoundError:  # run from a source tree that was never installed
    VERSION = "0+unknown"
