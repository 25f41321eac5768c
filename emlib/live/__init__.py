"""The kit for live panels: a stage that shows a scene, its handles, and a panel with controls. It knows no lesson."""

from emlib.live.controls import NumberField, number_in, numbers_in, with_entry
from emlib.live.handles import Handle
from emlib.live.panel import Panel
from emlib.live.predict import Answer, Predict, Question
from emlib.live.stage import Stage

__all__ = ["Answer", "Handle", "NumberField", "Panel", "Predict", "Question", "Stage", "number_in", "numbers_in",
           "with_entry"]
