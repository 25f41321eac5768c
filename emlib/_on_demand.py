"""A package whose names are loaded when somebody asks for them (PEP 562)."""

import importlib

__all__ = ["on_demand"]


def on_demand(package, modules):
    """What a package needs to hand out names whose modules it has not loaded.

    A lesson offers a picture, a panel and exercises; whoever wants the exercises alone needs neither matplotlib nor
    widgets. The kit of the exercises offers all of them by name, and imports no lesson.

    Parameters
    ----------
    package : str
        Its `__name__`.
    modules : dict of str to tuple of str
        The names that stand in each module; the module as `importlib.import_module` takes it: ".panel".

    Returns
    -------
    tuple
        The package's `__all__`, `__getattr__` and `__dir__`.
    """
    home = {name: module for module, names in modules.items() for name in names}

    def __getattr__(name):
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(home[name], package), name)

    def __dir__():
        return sorted(home)

    return sorted(home), __getattr__, __dir__
