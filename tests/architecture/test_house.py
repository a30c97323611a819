"""The house rules that import contracts cannot say."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("core", "carriers", "routing", "tracking", "returns", "simulations")
ALL = (*ROOMS, "store", "benchmarks", "api")
# A decision is values in, value out: none of these may be called in a pure module.
FORBIDDEN_CALLS = {
    "open": "a file",
    "input": "the terminal",
    "datetime.now": "the clock",
    "datetime.utcnow": "the clock",
    "date.today": "the clock",
    "datetime.today": "the clock",
    "time.time": "the clock",
    "time.monotonic": "the clock",
    "time.perf_counter": "the clock",
    "time.sleep": "the clock",
    "uuid.uuid4": "chance",
    "uuid4": "chance",
    "os.urandom": "chance",
    "random.random": "chance",
    "random.choice": "chance",
    "random.randint": "chance",
    "random.shuffle": "chance",
    "os.getenv": "the environment",
    "Path.read_text": "a file",
}
# Where the outside is the subject: the system's clock itself.
EXCEPT = {("core/clock.py", "datetime.now")}


def modules(room: str) -> Iterator[Path]:
    yield from (path for path in (ROOT / room).rglob("*.py") if "versions" not in path.parts)


def is_pure(path: Path) -> bool:
    inside = path.relative_to(ROOT).parts[1:]
    return not ({"flows", "adapters"} & set(inside) or path.name == "tables.py")


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


@pytest.mark.parametrize("room", ROOMS)
def test_decisions_touch_no_file_clock_chance_or_environment(room: str) -> None:
    found = []
    for path in modules(room):
        if not is_pure(path):
            continue
        name = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = dotted(node.func)
                if called in FORBIDDEN_CALLS and (name, called) not in EXCEPT:
                    found.append(f"{name}:{node.lineno} {called} touches {FORBIDDEN_CALLS[called]}")
            if isinstance(node, ast.Attribute) and dotted(node) == "os.environ":
                found.append(f"{name}:{node.lineno} reads the environment")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("room", ALL)
def test_every_module_has_a_sign_on_its_door(room: str) -> None:
    missing = [
        str(path.relative_to(ROOT))
        for path in modules(room)
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert missing == []


@pytest.mark.parametrize("room", ALL)
def test_no_module_is_named_for_its_kind(room: str) -> None:
    kinds = {"service", "services_", "utils", "util", "helpers", "manager", "common", "misc"}
    assert [str(path) for path in modules(room) if path.stem in kinds] == []


@pytest.mark.parametrize("room", ["carriers", "routing", "tracking", "returns"])
def test_a_flow_module_has_one_public_function_of_its_own_name(room: str) -> None:
    wrong = []
    for path in sorted((ROOT / room / "flows").glob("*.py")):
        if path.stem == "__init__":
            continue
        functions = [
            node.name
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        ]
        if functions != [path.stem]:
            wrong.append(f"{path.relative_to(ROOT)}: {functions}")
    assert wrong == []


def test_core_holds_only_words_that_two_rooms_speak() -> None:
    users: dict[str, set[str]] = {
        path.stem: set() for path in modules("core") if path.stem != "__init__"
    }
    for room in ALL:
        for path in modules(room):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("core."):
                    users[(node.module or "").split(".")[1]].add(room)
    # The executor port lives here beside the words: planning and simulation are handed one.
    lonely = {
        word: rooms
        for word, rooms in users.items()
        if len(rooms - {"core"}) < 2 and word != "executor"
    }
    assert lonely == {}
