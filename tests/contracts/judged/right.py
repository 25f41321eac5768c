"""Every right model, by name: see the modules that are imported here."""

import right_counts  # noqa: F401
import right_data  # noqa: F401
import right_habits  # noqa: F401
import right_homes  # noqa: F401
import right_plane  # noqa: F401
import right_priors  # noqa: F401
import right_reals  # noqa: F401
from specimen import RIGHT

__all__ = ["RIGHT"]
