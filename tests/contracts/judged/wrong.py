"""Every wrong model, by name: see the modules that are imported here."""

import wrong_log_joint  # noqa: F401
import wrong_m_step  # noqa: F401
import wrong_rules  # noqa: F401
import wrong_update  # noqa: F401
from specimen import WRONG

__all__ = ["WRONG"]
