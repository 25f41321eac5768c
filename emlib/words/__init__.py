"""What a reader sees in pictures and panels, by language: a folder each, with a module for the kit and each lesson.

The modules hold constants and nothing else: words, format strings with named fields, and dicts of them by key. States
carry keys; `of` is asked for the words when a picture is drawn, so one and the same state can be drawn in any language.
"""

import importlib
import os
import pkgutil

__all__ = ["languages", "of"]

VARIABLE = "EMLIB_LANG"


def of(room):
    """The words of a lesson, or of the kit, in the reader's language.

    Parameters
    ----------
    room : str
        "kit" or the name of a lesson, such as "jensen".

    Returns
    -------
    module
        ``emlib.words.<language>.<room>``. The language is read from the environment variable EMLIB_LANG at each call;
        English where it is empty or missing.

    Raises
    ------
    ValueError
        If EMLIB_LANG names a language that is not there.
    """
    language = os.environ.get(VARIABLE) or "en"
    try:
        return importlib.import_module(f"{__name__}.{language}.{room}")
    except ModuleNotFoundError:
        if language in languages():
            raise
        raise ValueError(f"{VARIABLE} is {language!r}, which is not there; use one of {', '.join(languages())}, "
                         "or unset it for English") from None


def languages():
    """The languages there are, such as ["en"]."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)
