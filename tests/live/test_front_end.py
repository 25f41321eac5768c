"""The stage's JavaScript: its rules by unit under Node, its form by Prettier, ESLint and TypeScript; its one text."""

import re
import subprocess

import pytest
from project import ROOT, find_node

from emlib.live import front_end
from emlib.live.player import page

JS = ROOT / "emlib" / "live" / "js"
UNITS = sorted((ROOT / "tests" / "live" / "js").glob("*.test.js"))
SOURCES = [*sorted(JS.rglob("*.js")), *sorted(JS.glob("*.css")), *sorted((ROOT / "tests" / "live" / "js").glob("*.js")),
           ROOT / "eslint.config.js"]
HOW_TO_GET_THEM = "Prettier, ESLint and TypeScript are not here: run npm install in the project's folder"


def node(*arguments):
    """Run Node in the project's folder; what it says, when it fails."""
    done = subprocess.run([find_node(), *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=120,
                          encoding="utf-8")
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture
def tool():
    """tool(package, …) runs one of the tools that package.json names."""
    where = {"prettier": "bin/prettier.cjs", "eslint": "bin/eslint.js", "typescript": "bin/tsc"}

    def run(package, *arguments):
        script = ROOT / "node_modules" / package / where[package]
        if not script.is_file():
            pytest.skip(HOW_TO_GET_THEM)
        return node(script, *arguments)
    return run


@pytest.mark.node
def test_the_rules_of_the_stage_by_unit():
    said = node("--test", "--test-reporter=tap", *UNITS)
    found = sum(len(re.findall(r"^test\(", path.read_text(encoding="utf-8"), re.MULTILINE)) for path in UNITS)
    assert f"# pass {found}" in said and found > 60, said[-500:]


@pytest.mark.node
def test_prettier_would_change_nothing(tool):
    tool("prettier", "--check", "--log-level=warn", *SOURCES, "package.json", "tsconfig.json")


@pytest.mark.node
def test_eslint_finds_nothing(tool):
    tool("eslint", "--max-warnings=0", "emlib/live/js", "tests/live/js", "eslint.config.js")


@pytest.mark.node
def test_the_types_hold(tool):
    tool("typescript", "--project", "tsconfig.json")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_line_is_longer_than_a_screen(path):
    long = [i for i, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if len(line) >= 100]
    assert not long


def test_every_module_is_in_the_one_text():
    names = {str(path.relative_to(JS).with_suffix("").as_posix()) for path in JS.rglob("*.js")}
    assert sorted([*front_end.ORDER, "types", "predict"]) == sorted(names), "predict.js is a module of its own"
    assert not re.search(r"\bexport\b|\{", re.sub(r"/\*.*?\*/", "", (JS / "types.js").read_text(encoding="utf-8"),
                                                  flags=re.DOTALL).replace("export {};", "")), "types.js has no code"
    for name in front_end.ORDER:
        for line in (JS / f"{name}.js").read_text(encoding="utf-8").splitlines():
            code = line.split("//")[0].rstrip()
            assert not code or code.startswith((" ", "/*", "import ", "export ", "}")) or code in front_end.MODULE


def test_a_file_stands_behind_what_it_imports():
    for i, name in enumerate(front_end.ORDER):
        text = (JS / f"{name}.js").read_text(encoding="utf-8")
        for imported in re.findall(r'^import \{[^}]*\} from "([^"]*)\.js";', text, re.MULTILINE):
            place = (JS / name).parent / imported
            assert place.resolve().relative_to(JS).as_posix() in front_end.ORDER[:i], f"{name} imports {imported}"


def test_the_one_text_has_no_imports_and_one_export():
    assert not re.search(r"^import\b|@import", front_end.MODULE, re.MULTILINE)
    assert re.findall(r"^export.*", front_end.MODULE, re.MULTILINE) == [
        "export default Object.assign(widgetOfOneModel, widgetOfAll);"]
    assert not re.search(r"^import\b|@import", front_end.PREDICT_MODULE + front_end.PREDICT_STYLE, re.MULTILINE)
    for text in (front_end.MODULE, front_end.STYLE, front_end.PREDICT_MODULE, front_end.PREDICT_STYLE):
        assert "\n" in text, "of a text in one line anywidget asks whether it is a path"
        assert "</" not in text and "<!--" not in text, "it stands in an HTML page as it is"


@pytest.mark.node
def test_the_one_text_is_a_widget_and_a_player(tmp_path):
    """What a browser gets: joined, it starts where there is no kernel, and its names do not collide."""
    (tmp_path / "stage.mjs").write_text(front_end.MODULE + "\nexport { standalone };\n", encoding="utf-8")
    (tmp_path / "try.mjs").write_text(f"""
import {{ fakeClock, fakePage, fakePictures, settled }} from {str((ROOT / 'tests/live/js/fakes.js').as_uri())!r};
import widget, {{ standalone }} from "./stage.mjs";
const data = {{ size: [4, 2], n: 2, index: 0, interval: 50, alt: "", texts: ["a", "b"],
               frames: ["\\x01\\x01", "\\x02\\x01"].map(btoa) }};
const clock = fakeClock();
fakePictures();
const page = fakePage();
const missing = () => {{ throw new Error("no kernel"); }};
const model = {{ get: (k) => data[k], set: missing, on: missing, send: missing, save_changes: missing, off: missing }};
const shownBy = (w) => (el) => {{
  w.initialize({{ model }});
  w.render({{ model, el }});
}};
for (const show of [(el) => standalone(el, data), shownBy(widget), shownBy(widget())]) {{
  const el = page.element("div");
  show(el);
  el.find("Play").onclick();
  await clock.pass(1000);
  console.log(page.drawn.at(-1), el.find("p").textContent);
}}
await settled();
""", encoding="utf-8")
    assert node(tmp_path / "try.mjs").splitlines() == ["2 b"] * 3


def test_a_page_has_the_same_text():
    data = {"size": [4, 2], "n": 1, "index": 0, "interval": 50, "alt": "", "names": {}, "texts": ["a"], "frames": [""]}
    text = page(data)
    assert front_end.MODULE in text and front_end.STYLE in text
