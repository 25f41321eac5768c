"""What a reader sees in pictures and panels, by language: a folder each, with a module for the kit and each lesson.

The modules hold constants and nothing else: words, format strings with named fields, and dicts of them by key. States
carry keys; `of` is asked for the words when a picture is drawn, so one and the same state can be drawn in any language.
"""

import importlib
import os
import pathlib
import pkgutil
import tomllib

__all__ = ["languages", "of", "table"]

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
    language = _language()
    try:
        return importlib.import_module(f"{__name__}.{language}.{room}")
    except ModuleNotFoundError:
        if language in languages():
            raise
        raise _unknown(language) from None


def table(name):
    """Words that are a table, ``emlib/words/<language>/<name>.toml``, in the reader's language.

    Parameters
    ----------
    name : str
        Such as "predictions".

    Returns
    -------
    dict

    Raises
    ------
    ValueError
        If EMLIB_LANG names a language that is not there.
    """
    language = _language()
    if language not in languages():
        raise _unknown(language)
    folders = (pathlib.Path(folder, language) for folder in __path__)
    file = next(folder / f"{name}.toml" for folder in folders if folder.is_dir())
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _language():
    return os.environ.get(VARIABLE) or "en"


def _unknown(language):
    return ValueError(f"{VARIABLE} is {language!r}, which is not there; use one of {', '.join(languages())}, "
                      "or unset it for English")


def languages():
    """The languages there are, such as ["en"]."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)
