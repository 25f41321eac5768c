"""The stage's front end as text: the modules of js/ in one, and its style sheet.

The files are ES modules that import each other, as Node, editors and linters want them. A browser gets them as *one*
module, with no build step: they are put one behind the other, in the order below, without their imports, the word
`export` and the doc comments. So a name at the top of a file must be the only one of its kind in all of them (a second
one is a SyntaxError), and an import is a whole statement, of names, from a file of the list.
"""

import pathlib
import re

__all__ = ["MODULE", "PREDICT_MODULE", "PREDICT_STYLE", "STYLE"]

HERE = pathlib.Path(__file__).parent / "js"
# what a file imports stands before it; types.js has no code
ORDER = ("names", "fast", "painter", "questions", "store", "hand", "view", "ports/page", "ports/notebook")


def joined(texts):
    """The text of one ES module from those of several."""
    whole = re.sub(r"^ */\*\*((?!\*/).)*\*/\n", "", "\n".join(texts), flags=re.MULTILINE | re.DOTALL)
    whole = re.sub(r"^import \{[^}]*\} from \"[^\"]*\";\n", "", whole, flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", whole, flags=re.MULTILINE)


# Text, not paths: of a path anywidget watches the file, and its watcher keeps every stage alive for ever.
MODULE = joined((HERE / f"{name}.js").read_text(encoding="utf-8") for name in ORDER)
STYLE = (HERE / "stage.css").read_text(encoding="utf-8")
PREDICT_MODULE, PREDICT_STYLE = ((HERE / f"predict.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))
