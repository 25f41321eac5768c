"""What a reader sees in pictures and panels, by language: a module of named texts for each room."""

import importlib
import os

__all__ = ["of"]


def of(room):
    """The texts of a room in the language chosen by the environment variable EMLIB_LANG (default: en)."""
    return importlib.import_module(f"emlib.words.{os.environ.get('EMLIB_LANG', 'en')}.{room}")
