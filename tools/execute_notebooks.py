#!/usr/bin/env python3
"""Run the notebooks from a fresh kernel, in order, and store their outputs.

    python tools/execute_notebooks.py                         every notebook of the course
    python tools/execute_notebooks.py notebooks/03_*.ipynb    these

Notebooks are committed executed: a page without a kernel shows its pictures, and the tests compare what is
printed. What differs from run to run or from machine to machine is left out: widget state and ids, timings,
Python's version. A widget's picture and its sentence stay: they are what a reader without a kernel sees.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
VOLATILE_METADATA = ("execution", "ExecuteTime", "collapsed", "scrolled", "trusted")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def clean(notebook):
    """Remove in place what no reader needs and every run changes; return the notebook."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata.update(kernelspec=dict(KERNEL), language_info=dict(LANGUAGE))
    for cell in notebook.cells:
        for key in VOLATILE_METADATA:
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    return notebook


def execute(path, timeout=120):
    """Run one notebook from a fresh kernel, in its own folder as in JupyterLab, and rewrite the file.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises; the file is then left as it was.
    """
    path = Path(path).resolve()
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        nbformat.write(clean(notebook), file)


def main(arguments):
    """Execute the notebooks named, or all."""
    for path in map(Path, arguments or sorted((ROOT / "notebooks").glob("*.ipynb"))):
        print(path.name, flush=True)
        execute(path)


if __name__ == "__main__":
    main(sys.argv[1:])
