"""The whiteboard's words, read from `text.en.toml`: as written, as taught, the slip, why a line holds, where, and what
of it is proved.

The lecture is in Chinese; its one remark in words, "z 为隐变量", says that z is the latent variable. **As written**
keeps the source's slips; **as it must be taught** is the correct statement. Finding the slip is a lesson.
"""

import tomllib
from pathlib import Path

__all__ = ["FIELDS", "NOTATION", "TEXT"]

FIELDS = ("as_written", "as_taught", "slip", "why", "applies", "scope", "cited", "proves")


def _one_line(text):
    return " ".join(text.split())


_data = tomllib.loads(Path(__file__).with_name("text.en.toml").read_text(encoding="utf-8"))
NOTATION = _one_line(_data.pop("notation"))
SHARED = {name: _one_line(text) for name, text in _data.pop("scopes").items()}  # sentences that several scopes share
# {id: {field: Markdown with LaTeX}}; empty where there is nothing to say: no slip, or a line that is only implied
TEXT = {
    line: dict.fromkeys(FIELDS, "") | {field: _one_line(text) for field, text in words.items()}
    for line, words in _data.items()
}
for words in TEXT.values():
    words["scope"] = words["scope"].format_map(SHARED)
