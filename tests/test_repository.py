"""The repository itself: one dependency list, layers, budgets, links, and commands that do what is said."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from project import ROOT, tracked_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODULES = {path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / "emlib").rglob("*.py"))}


# One dependency list ----------------------------------------------------------------------------------------


def pins():
    """{name: version} of requirements.txt, and its other lines."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    found = [Requirement(line) for line in lines if not line.startswith("-")]
    assert len({p.name for p in found}) == len(found), (
        "a package is pinned twice: Pythons would see other numbers"
    )
    return {canonicalize_name(p.name): str(p.specifier) for p in found}, [
        x for x in lines if x.startswith("-")
    ]


def ranges():
    """Every requirement of pyproject.toml, over all extras, but for the extras that name each other."""
    extras = PROJECT["optional-dependencies"].values()
    asked = [
        Requirement(text)
        for text in [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]
    ]
    return [requirement for requirement in asked if requirement.name != "emlib"]


@pytest.mark.parametrize("requirement", ranges(), ids=str)
def test_every_requirement_is_pinned_within_its_range(requirement):
    pinned, _ = pins()
    specifier = pinned[canonicalize_name(requirement.name)]
    assert specifier.startswith("=="), f"{requirement.name}{specifier} is not an exact pin"
    assert Version(specifier[2:]) in requirement.specifier


@pytest.mark.parametrize("requirement", ranges(), ids=str)
def test_every_requirement_names_its_oldest_version_and_no_cap(requirement):
    assert [s.operator for s in requirement.specifier] == [">="], (
        "the oldest version is what CI tests; see ranges"
    )


def test_requirements_hold_pins_and_the_project_itself_and_nothing_else():
    pinned, others = pins()
    assert all(re.fullmatch(r"==[\w.!+]+", specifier) for specifier in pinned.values())
    assert others == ["-e ."]


def test_core_needs_numpy_alone():
    assert [Requirement(text).name for text in PROJECT["dependencies"]] == ["numpy"]


def test_environment_names_a_supported_python_and_requirements_alone():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    items = re.findall(r"^ *- (.+)$", text.partition("dependencies:")[2], flags=re.MULTILINE)
    assert items[1:] == ["pip", "pip:", "-r requirements.txt"]
    python = re.fullmatch(r"python=([\d.]+)", items[0])[1]
    assert Version(python) in SpecifierSet(PROJECT["requires-python"])


def test_one_version_and_one_licence():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (.+)$", citation, flags=re.MULTILINE)[1] == PROJECT["version"]
    assert re.findall(r"^  - ([\w.-]+)$", citation, flags=re.MULTILINE) == PROJECT["license"].split(" AND ")
    assert all((ROOT / name).is_file() for name in PROJECT["license-files"])
    package = MODULES["emlib/__init__.py"].read_text(encoding="utf-8")
    assert re.search(r'^__version__ = "(.+)"$', package, flags=re.MULTILINE)[1] == PROJECT["version"]


def test_course_script_and_metadata_ask_for_the_same_python():
    oldest = re.search(
        r"^OLDEST = \((\d+), (\d+)\)$", (ROOT / "course.py").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert PROJECT["requires-python"] == f">={oldest[1]}.{oldest[2]}"


# Commands ---------------------------------------------------------------------------------------------------


def run(arguments, **options):
    """A finished Python process in the repository's folder, its output as text."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, **{"cwd": ROOT, **options})
    done.stdout, done.stderr = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return done


def readme_blocks(language):
    """The fenced blocks of README.md in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def test_ci_runs_the_test_command_of_the_readme():
    commands = [line.split("#")[0].strip() for block in readme_blocks("bash") for line in block.splitlines()]
    assert {"python3 course.py", "python3 course.py test"} <= set(commands)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert script[-1] == "python3 course.py test"
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert "- run: python course.py test\n" in workflow


@pytest.mark.parametrize("code", readme_blocks("python"))
def test_code_of_the_readme_runs(code):
    done = run(["-W", "error", "-c", code])
    assert done.returncode == 0, done.stderr
    promised = re.findall(r"^print\(.*\)  # (.+)$", code, flags=re.MULTILINE)
    assert promised, "README's example should print what it promises"
    assert done.stdout.splitlines() == promised


def test_readme_lists_every_notebook():
    listed = set(re.findall(r"\]\(notebooks/([\w.]+\.ipynb)\)", README))
    assert listed == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}


def run_marked_test(folder, marker, **environment):
    """Output of pytest on a marked test where neither a browser nor Node can be found."""
    (folder / "test_it.py").write_text(f"import pytest\n@pytest.mark.{marker}\ndef test_it(): pass\n")
    (folder / "pytest.ini").write_text(f"[pytest]\nmarkers = {marker}\n")
    for name in ("conftest.py", "project.py"):
        shutil.copy(ROOT / "tests" / name, folder)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("EMLIB_")}
    env = {**inherited, "EMLIB_CHROMIUM": "no-such-browser", "EMLIB_NODE": "no-such-node", **environment}
    return run(["-m", "pytest", "-rs", "-p", "no:cacheprovider", "."], cwd=folder, env=env).stdout


@pytest.mark.parametrize(("marker", "words"), [("browser", "no Chromium found: install one"),
                                               ("node", "no Node.js found of version")])
def test_what_is_missing_skips_in_words_and_fails_where_it_is_required(tmp_path, marker, words):
    free = run_marked_test(tmp_path, marker)
    assert "1 skipped" in free
    assert words in free
    assert "1 error" in run_marked_test(tmp_path, marker, **{f"EMLIB_REQUIRE_{marker.upper()}": "1"})


# Layers -----------------------------------------------------------------------------------------------------

# From the ground up: helper, models, contracts; helper, draw kit, live kit, lessons. A module may import its own layer
# and those below it.
LAYERS = [
    {"_validate", "_on_demand", "datasets", "words"},
    {"trace"},
    {"bound"},
    {"e_steps", "posteriors", "rounding"},
    {"restarts"},
    {"em"},
    {"models", "nudge", "streaming"},
    {"contracts", "interop"},
    {"__init__"},
    {"whiteboard", "exercises"},
    {"draw"},
    {"live"},
    {"lessons"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
# Loaded by those below it inside a function only, when somebody asks for it.
OPT_IN = {"streaming"}
# What each layer may import from outside, besides NumPy and the standard library.
OUTSIDE = {
    "restarts": {"tqdm"},
    "interop": {"sklearn"},
    "whiteboard": {"sympy"},
    "draw": {"matplotlib", "PIL"},
    "live": {"matplotlib", "PIL", "anywidget", "comm", "ipywidgets", "traitlets", "IPython"},
    "lessons": {"matplotlib", "PIL", "ipywidgets"},
}
WIDGETS = {"anywidget", "comm", "ipywidgets", "traitlets", "IPython"}


def top(dotted):
    """The package of a dotted name."""
    return dotted.split(".")[0]


def layer(dotted):
    """The layer of a dotted name: emlib.models.gaussian is in models, emlib itself in __init__."""
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(path, inside_functions=True):
    """Dotted names of everything a file imports; `from a import b` gives a and a.b."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    deferred = {id(node) for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if not inside_functions and id(node) in deferred:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: imports are absolute"
            if node.module != "emlib":
                yield node.module
            for alias in node.names:
                below = ROOT / node.module.replace(".", "/") / alias.name
                if top(node.module) != "emlib" or below.is_dir() or below.with_suffix(".py").is_file():
                    yield f"{node.module}.{alias.name}"
                elif node.module == "emlib":
                    yield node.module


@pytest.mark.parametrize("name", MODULES)
def test_imports_run_one_way(name):
    here = Path(name).with_suffix("").parts[1]
    assert here in RANK, f"{name} is in no layer: say in LAYERS where it stands"
    at_once = set(imports(MODULES[name], inside_functions=False))
    for imported in imports(MODULES[name]):
        if top(imported) == "emlib":
            below = layer(imported)
            asked_for = below in OPT_IN and imported not in at_once
            assert below in RANK and (RANK[below] <= RANK[here] or asked_for), (
                f"{name} imports {imported}, which stands above it"
            )
        else:
            allowed = {"numpy"} | OUTSIDE.get(here, set())
            assert top(imported) in allowed | sys.stdlib_module_names, f"{name} imports {imported}"
        assert "pyplot" not in imported and "pylab" not in imported, (
            f"{name}: pyplot keeps figures in a global list"
        )


ROOMS = sorted({Path(name).parts[2] for name in MODULES if re.match(r"emlib/lessons/\w+/", name)})


@pytest.mark.parametrize("room", ROOMS)
def test_a_lesson_is_one_room(room):
    """It imports no other lesson; only its panel knows widgets; it has a picture, a panel and a face."""
    folder = f"emlib/lessons/{room}"
    assert {f"{folder}/{name}.py" for name in ("__init__", "scene", "panel")} <= set(MODULES)
    for name in (name for name in MODULES if name.startswith(f"{folder}/")):
        for imported in imports(MODULES[name]):
            assert not re.match(rf"emlib\.lessons\.(?!{room}\b)", imported), f"{name} imports {imported}"
            if Path(name).stem not in ("__init__", "panel"):
                assert top(imported) not in WIDGETS and layer(imported) != "live", f"{name} imports {imported}"


def imported_by(statement):
    """Names of the modules that a statement loads into a fresh interpreter."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    done = run(["-c", code])
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_importing_emlib_loads_numpy_and_nothing_else():
    tops = set(map(top, imported_by("import emlib")))
    compiled = {
        name for name in tops if name.startswith(("_cython_", "cython_runtime"))
    }  # inside numpy.random
    assert {"emlib", "numpy"} <= tops
    assert tops - compiled - set(sys.stdlib_module_names) == {"emlib", "numpy"}


def test_importing_the_drawings_loads_neither_widgets_nor_pyplot():
    drawings = [
        name.removesuffix(".py").replace("/", ".") for name in MODULES if name.startswith("emlib/draw/")
    ]
    loaded = imported_by(f"import {', '.join(drawings)}")
    tops = set(map(top, loaded))
    assert "matplotlib" in tops
    assert not tops & {"ipywidgets", "anywidget", "IPython", "traitlets"}
    assert "matplotlib.pyplot" not in loaded


# Budgets ----------------------------------------------------------------------------------------------------


def lines(path):
    """Lines of a file, all of them: blank, comment and docstring too."""
    return len(path.read_text(encoding="utf-8").splitlines())


HELPER = {"bound", "em", "e_steps", "posteriors", "trace", "restarts"}


def test_the_helper_is_read_in_one_sitting():
    """Six files with all that they import when they are loaded: under 1,080 lines."""
    read, todo = {}, [f"emlib/{name}.py" for name in HELPER]
    while todo:
        name = todo.pop()
        read[name] = lines(MODULES[name])
        wanted = {f"{dotted.replace('.', '/')}.py" for dotted in imports(MODULES[name], inside_functions=False)}
        todo += [found for found in wanted & set(MODULES) if found not in read]
    assert sum(read.values()) < 1080, read


@pytest.mark.parametrize("name", MODULES)
def test_every_module_stays_short(name):
    assert lines(MODULES[name]) < 300


# Files and links --------------------------------------------------------------------------------------------

TEXT = {".py", ".md", ".toml", ".yml", ".cff", ".cfg", ".txt", ".ipynb", ".js", ".css", ".csv", ".json", ""}
# A folder of somebody's machine, at the start of a path: not part of an address, not a relative path.
MACHINE_PATH = re.compile(
    r"(?<![\w.:/~%>-])/(?:home|Users|root|tmp|work|opt|mnt|private)/\w|\b[A-Z]:\\+Users\\"
)


def test_no_file_names_a_folder_of_one_machine(tracked):
    hits = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in tracked
        if path.suffix in TEXT
        for found in MACHINE_PATH.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not hits


def test_the_search_for_machine_paths_can_find_one():
    assert MACHINE_PATH.search("open('" + "/home" + "/ada/x.csv')")
    assert MACHINE_PATH.search("C:" + "\\Users\\ada")
    assert not MACHINE_PATH.search("https://example.org/home/page and docs" + "/tmp" + "/x")


def test_nothing_generated_is_in_the_tree(tracked):
    generated = {".ipynb_checkpoints", "__pycache__", ".venv", ".pytest_cache", "dist", "build", "uv.lock"}
    assert not [str(path) for path in tracked if generated & set(path.relative_to(ROOT).parts)]


def linked_texts():
    """(file, Markdown in it) for every page of the course."""
    for path in tracked_files():
        if path.suffix == ".md":
            yield path, path.read_text(encoding="utf-8")
        elif path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            yield path, "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


@pytest.mark.parametrize(("page", "text"), [pytest.param(*x, id=x[0].name) for x in linked_texts()])
def test_every_relative_link_leads_to_a_file(page, text, tracked):
    text = re.sub(r"<!--.*?-->|```.*?```", "", text, flags=re.DOTALL)
    targets = re.findall(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)", text)
    targets += re.findall(r"(?:src|href)=\"([^\"]+)\"", text)
    for target in targets:
        if re.match(r"[a-z]+:|#", target):
            continue
        there = (page.parent / target.split("#")[0]).resolve()
        assert there in tracked or any(there in path.parents for path in tracked), (
            f"{page.name} links to {target}"
        )
