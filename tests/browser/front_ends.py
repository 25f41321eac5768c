"""Open a notebook in a real front end (JupyterLab, Notebook 7, Voilà) with a real browser, and read what is on screen.

A server is started on a free loopback port and stopped by its own process id. Nothing here knows emlib's panels.
"""

import base64
import contextlib
import ctypes
import io
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import numpy as np
from PIL import Image

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
FRONT_ENDS = ("lab", "notebook", "voila")


def write_notebook(path, *cells, kernel="python3"):
    """A small notebook of code cells; `path` is returned."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    book.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
    nbformat.write(book, path)
    return path


def end_with_us():
    """In the child, on Linux: the server gets SIGTERM when the process that started it is gone, however that ended."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)                # PR_SET_PDEATHSIG


@contextlib.contextmanager
def jupyter(root, log=None, timeout=60):
    """A Jupyter server whose root folder is `root`; yields {"url", "token", "root"}."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    token, root = secrets.token_hex(16), pathlib.Path(root)
    log = pathlib.Path(log or root / "server.log")
    here = str(pathlib.Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    env = dict(os.environ, JUPYTER_CONFIG_DIR=str(root / ".config"), JUPYTER_PLATFORM_DIRS="1",
               IPYTHONDIR=str(root / ".ipython"), PYTHONPATH=path)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}",
               "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={token}",
               f"--ServerApp.root_dir={root}", "--LabApp.expose_app_in_browser=True",
               "--LabApp.extension_manager=readonly",
               "--JupyterNotebookApp.expose_app_in_browser=True",
               "--ServerApp.terminals_enabled=False"]
    with log.open("w") as out:
        server = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=env, start_new_session=True,
                                  preexec_fn=end_with_us if sys.platform == "linux" else None)
    try:
        url, start = f"http://127.0.0.1:{port}", time.monotonic()
        while True:
            if server.poll() is not None:
                raise RuntimeError(f"the Jupyter server stopped:\n{log.read_text()[-2000:]}")
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{url}/api/status?token={token}", timeout=2).close()
                break
            if time.monotonic() - start > timeout:
                raise TimeoutError(f"the Jupyter server was not up after {timeout} s:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield {"url": url, "token": token, "root": root}
    finally:
        server.terminate()                                    # the server shuts its kernels down
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)             # its own process group only
            server.wait(5)


def open_notebook(page, server, path, front="lab", run=True):
    """Open `path` (relative to the server's root) and run all its cells; returns when they were sent."""
    where = {"lab": "doc/tree", "notebook": "notebooks", "voila": "voila/render"}[front]
    reset = "&reset" if front == "lab" else ""
    url = f"{server['url']}/{where}/{path}?token={server['token']}{reset}"
    page.goto(url, wait_until="domcontentloaded", timeout=60_000)
    if front == "voila":
        return
    page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.sessionContext", timeout=60_000)
    page.evaluate("""async () => { const w = window.jupyterapp.shell.currentWidget;
        await w.context.ready; await w.sessionContext.ready; await w.sessionContext.session?.kernel?.info; }""")
    if run:
        run_all(page)


def run_all(page, wait=True):
    """Run all cells; with `wait`, until the last has finished."""
    page.evaluate("""wait => { const done = window.jupyterapp.commands.execute('notebook:run-all-cells');
        return wait ? done.then(() => null) : null; }""", wait)


def run_code(page, code):
    """Run code in the notebook's kernel and return what it printed; an exception there is raised here."""
    out, failed = page.evaluate("""async code => {
        const k = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel; let out = '', failed = '';
        const f = k.requestExecute({code, store_history: false});
        f.onIOPub = m => { if (m.header.msg_type === 'stream') out += m.content.text;
            if (m.header.msg_type === 'error') failed = m.content.ename + ': ' + m.content.evalue; };
        await f.done; return [out, failed]; }""", code)
    if failed:
        raise RuntimeError(f"in the kernel: {failed}")
    return out


def close(page):
    """Shut the notebook's kernel down (Voilà ends its own)."""
    page.evaluate("async () => { await window.jupyterapp?.shell?.currentWidget?.sessionContext?.shutdown(); }")


def pixels(canvas):
    """What a canvas shows, as an array (h, w, 4) of uint8."""
    width, height, data = canvas.evaluate("""c => {
        const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        let s = ''; for (let i = 0; i < d.length; i += 32768) s += String.fromCharCode(...d.subarray(i, i + 32768));
        return [c.width, c.height, btoa(s)]; }""")
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)


def decoded(png):
    """The pixels of PNG bytes, as a browser decodes them: (h, w, 4) of uint8."""
    return np.array(Image.open(io.BytesIO(png)).convert("RGBA"))


def kernel_frame(page, expression):
    """The pixels of a PNG (bytes, an expression in the notebook's kernel)."""
    return decoded(base64.b64decode(run_code(page, f"import base64; print(base64.b64encode({expression}).decode())")))


def until(condition, timeout=10.0, say="the condition did not come true"):
    """Wait until `condition()` is true and return its value; raise AssertionError after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{say} within {timeout} s"
        time.sleep(0.03)
