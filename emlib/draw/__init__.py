"""Pictures of EM: matplotlib only, object-oriented figures, no pyplot.

`Scene` says what a picture is; `FitScene`, `IdentityBar`, `Ascent` and `mixture` are pictures;
`filmstrip` and `animate` put a scene's frames on paper and into files.
"""
from emlib.draw.film import animate, filmstrip
from emlib.draw.fit import FitScene
from emlib.draw.identity_bar import IdentityBar
from emlib.draw.mixture import Histogram, Plane, mixture
from emlib.draw.scene import Part, Scene, Together, encode
from emlib.draw.style import nats
from emlib.draw.trace import Ascent

__all__ = ["Ascent", "FitScene", "Histogram", "IdentityBar", "Part", "Plane", "Scene", "Together", "animate",
           "encode", "filmstrip", "mixture", "nats"]
