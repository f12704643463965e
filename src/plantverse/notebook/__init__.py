"""A plant in Jupyter: `show` draws it with pythreejs, in its colours and live; `chart` draws history.

Needs the extra `notebook`, which is loaded when something is shown. What a machine looks like is decided in `looks.py`
and `places.py`, which are pure; `scene.py` alone knows pythreejs.
"""

from plantverse.notebook.chart import Chart, chart
from plantverse.notebook.view import PlantView, show

__all__ = ["Chart", "PlantView", "chart", "show"]
