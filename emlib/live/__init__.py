"""The kit for live panels: a stage that shows a scene, its handles, and a panel with controls. It knows no lesson."""

from emlib.live.handles import Handle
from emlib.live.panel import Panel
from emlib.live.stage import Stage

__all__ = ["Handle", "Panel", "Stage"]
