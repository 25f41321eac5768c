"""Streaming EM: one pass over the data an iteration, block by block; only sufficient statistics are kept."""

from emlib.streaming.blocks import Blocks, is_reader
from emlib.streaming.protocol import offered_by, states

__all__ = ["Blocks", "is_reader", "offered_by", "states"]
