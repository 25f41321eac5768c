"""A page of its own that plays a bank with no kernel and no network."""

import base64
import html
import json

from emlib.live.front_end import MODULE, STYLE

__all__ = ["bank_data", "page"]


def bank_data(options, frames, texts):
    """What the front end plays without Python, ready for JSON.

    Parameters
    ----------
    options : dict
        size, n, alt, index, interval and names of the stage.
    frames : list of bytes
        PNG, one a state.
    texts : list of str
        One sentence a state.

    Returns
    -------
    dict
        The options, ``frames`` in base64, ``texts``.
    """
    return {**options, "frames": [base64.b64encode(frame).decode() for frame in frames], "texts": list(texts)}


def page(data, title="", lang="en"):
    """One HTML file: the frames, their sentences and the stage's module.

    Parameters
    ----------
    data : dict
        From `bank_data`.
    title : str
        Of the page; default: the stage's alt text.
    lang : str
        The language of its words.

    Returns
    -------
    str
    """
    alt = html.escape(f"{data['alt']} {data['texts'][data['index']]}".strip())
    # "<!--<script" in a sentence would hide the end of the script that holds it from the browser: no < at all
    bank = json.dumps(data).replace("<", "\\u003c")
    return f"""<!doctype html>
<html lang="{html.escape(lang)}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{html.escape(title or data["alt"] or "emlib")}</title>
<style>
{STYLE}
</style></head>
<body><div id="stage"></div>
<noscript><img alt="{alt}" src="data:image/png;base64,{data["frames"][data["index"]]}"></noscript>
<script type="application/json" id="bank">{bank}</script>
<script type="module">
{MODULE}
standalone(document.getElementById("stage"), JSON.parse(document.getElementById("bank").textContent));
</script></body></html>
"""
