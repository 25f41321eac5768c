"""Pictures of EM: matplotlib only, object-oriented figures, no pyplot.

The kit: it knows no lesson. `Scene` says what a picture is; `IdentityBar`, `Ascent` and `mixture` are pictures;
`filmstrip` and `animate` put a scene's frames on paper and into files.
"""
from emlib.draw.film import animate, filmstrip
from emlib.draw.parts.ascent import Ascent
from emlib.draw.parts.identity_bar import IdentityBar
from emlib.draw.parts.mixture import Histogram, Plane, mixture
from emlib.draw.scene import Part, Scene, Together, encode
from emlib.draw.style import nats

__all__ = ["Ascent", "Histogram", "IdentityBar", "Part", "Plane", "Scene", "Together", "animate",
           "encode", "filmstrip", "mixture", "nats"]
