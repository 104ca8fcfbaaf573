"""The notebooks, run as people run them headless: papermill, a real kernel, real pictures."""

import ast
import json
import re
import statistics
import subprocess
import sys
from base64 import b64encode
from itertools import pairwise
from pathlib import Path
from typing import Any

import joblib
import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from papermill.cli import papermill
from servers import plain, serving

from digits_nb import CorruptImage, DigitsError, ModelStore, NoDigit, QueryError, read_result
from digits_nb.evaluation import benchmark_results
from digits_nb.runs import run_notebook
from digits_nb.runs.parameters import declared_parameters

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SAMPLES = FOLDER / "samples"
SEVEN = SAMPLES / "seven-dark-on-white.png"
WIDGET = "application/vnd.jupyter.widget-view+json"

PROMISED = {
    "infer": ["url", "base64", "path", "model_version", "store", "result"],
    "preprocess": ["url", "base64", "path"],
    "train": ["store", "seed", "validate", "learner"],
    "evaluate": ["pictures", "model_version", "store", "result"],
    "serve": ["store", "port", "result"],
}


def code_cells(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]


def outputs(path: Path) -> list[nbformat.NotebookNode]:
    return [output for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", [])]


def page(path: Path) -> str:
    """The executed notebook as `jupyter nbconvert` prints it."""
    return HTMLExporter().from_filename(path)[0]


def pictures_told(html: str) -> list[str]:
    """The text alternative of every picture on a page."""
    pictures = re.findall(r"<img\b[^>]*>", html)
    told = [alt for picture in pictures for alt in re.findall(r'\balt="([^"]+)"', picture)]
    assert len(told) == len(pictures)
    return told


def figures_drawn(path: Path) -> int:
    return sum("plots." in code for code in code_cells(path))


# As they are in git


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestEveryNotebook:
    """What holds for the text of each."""

    def test_holds_no_outputs_and_little_metadata(self, path: Path) -> None:
        notebook = nbformat.read(path, 4)
        nbformat.validate(notebook)
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
        kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
        assert notebook.metadata == {"kernelspec": kernel}
        for cell in notebook.cells:
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None

    def test_has_one_title_and_headings_in_order(self, path: Path) -> None:
        prose = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown"]
        levels = [len(marks) for marks in re.findall(r"^(#+) ", "\n".join(prose), flags=re.MULTILINE)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(deeper - level <= 1 for level, deeper in pairwise(levels))

    def test_has_short_code_cells(self, path: Path) -> None:
        lengths = [len(code.splitlines()) for code in code_cells(path)]
        assert statistics.median(lengths) <= 4
        assert max(lengths) <= 10

    def test_declares_the_parameters_that_were_promised(self, path: Path) -> None:
        assert [parameter.name for parameter in declared_parameters(path)] == PROMISED[path.stem]

    def test_tells_papermill_each_parameter_with_type_default_and_help(
        self, path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            papermill(["--help-notebook", str(path)])
        told = " ".join(capsys.readouterr().out.split())
        for parameter in declared_parameters(path):
            assert parameter.help
            line = f"{parameter.name}: {parameter.type} (default {parameter.default}) {parameter.help}"
            assert line in told

    def test_checks_its_parameters_before_it_does_anything(self, path: Path) -> None:
        statements = ast.parse(code_cells(path)[1]).body
        first = next(node for node in statements if not isinstance(node, ast.Import | ast.ImportFrom))
        assert ast.unparse(first) == "check_parameters()"


# infer


def infer(folder: Path, **parameters: str) -> dict[str, Any]:
    return run_notebook(FOLDER / "infer.ipynb", folder / "infer.ipynb", parameters, progress=False)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("source", ["path", "base64", "url"])
def test_infer_reads_a_picture_and_shows_the_answer(
    source: str, store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = SEVEN.read_bytes()
    with serving(plain(data)) as server:
        monkeypatch.setenv("DIGITS_NB_ALLOW", server.pair)
        queries = {"path": str(SEVEN), "base64": b64encode(data).decode(), "url": server.url}
        found = infer(tmp_path, **{source: queries[source]})
    assert found["digit"] == 7
    assert found["certain"] is True
    assert found["confidence"] == max(found["probabilities"])
    assert np.shape(found["probabilities"]) == (10,)
    assert np.shape(found["grid"]) == (8, 8)
    assert found["model_version"] == store.resolve("latest")
    assert 0 < found["duration_s"] < 10
    assert read_result(tmp_path / "infer.ipynb") == read_result(tmp_path / "infer.json") == found
    shown = page(tmp_path / "infer.ipynb")
    assert "Probabilities: 7" in shown
    assert pictures_told(shown)


def test_infer_takes_a_version_of_a_store_and_a_file_for_the_findings(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITS_NB_HOME", str(tmp_path / "nothing here"))
    version, result = store.resolve("latest"), tmp_path / "found.json"
    asked = {"model_version": version[:12], "store": str(store.path), "result": str(result)}
    found = infer(tmp_path, path=str(SEVEN), **asked)
    assert (found["digit"], found["model_version"]) == (7, version)
    assert read_result(result) == found
    assert not (tmp_path / "infer.json").exists()
    assert not (tmp_path / "nothing here").exists()


@pytest.mark.usefixtures("home")
def test_infer_without_a_picture_shows_the_panel_and_says_so(tmp_path: Path) -> None:
    found = infer(tmp_path)
    assert found["query"] is None
    assert found["panel"] is True
    assert sum(WIDGET in output.get("data", ()) for output in outputs(tmp_path / "infer.ipynb")) == 1
    # and where no kernel runs, what it is and what it would show
    shown = page(tmp_path / "infer.ipynb")
    assert "It needs a kernel" in shown
    assert "Probabilities: 7" in shown


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"path": str(SEVEN), "url": "https://example.org/seven.png"}, QueryError),
        ({"path": str(SAMPLES / "blank.png")}, NoDigit),
        ({"base64": b64encode(SEVEN.read_bytes()[:500]).decode()}, CorruptImage),
    ],
    ids=["two sources", "a blank picture", "half a picture"],
)
def test_infer_fails_with_the_error_as_its_last_word(
    parameters: dict[str, str], error: type[DigitsError], tmp_path: Path
) -> None:
    with pytest.raises(error) as raised:
        infer(tmp_path, **parameters)
    last = outputs(tmp_path / "infer.ipynb")[-1]
    assert (last.ename, last.evalue) == (error.__name__, str(raised.value))
    assert not (tmp_path / "infer.json").exists()


@pytest.mark.usefixtures("home", "papermill_alone")
def test_infer_started_by_plain_papermill_refuses_an_unknown_name_first(tmp_path: Path) -> None:
    output = tmp_path / "infer.ipynb"
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", FOLDER / "infer.ipynb", output]
    run = subprocess.run([*command, "-p", "pth", "7.png"], check=False, capture_output=True, timeout=120)
    assert run.returncode != 0
    assert run.stderr.strip().splitlines()[-1].startswith(b"UnknownParameter: ")
    assert [shown.ename for shown in outputs(output)] == ["UnknownParameter"]


def test_infer_needs_none_of_the_heavy_libraries(store: ModelStore) -> None:
    heavy = {"matplotlib", "sklearn", "scipy", "requests", "ipywidgets", "papermill", "nbformat"}
    declared, *others = code_cells(FOLDER / "infer.ipynb")[:-1]
    given = f"path, store = {str(SEVEN)!r}, {str(store.path)!r}"
    asked = f"assert answer.digit == 7; answer._repr_html_(); import sys; print({heavy} & set(sys.modules))"
    code = "\n".join([declared, given, *others, asked])
    run = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60
    )
    assert (run.stdout.strip(), run.stderr) == ("set()", "")


# preprocess


@pytest.fixture(scope="module")
def preprocessed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """preprocess.ipynb, executed on a two that is small and far to the right."""
    output = tmp_path_factory.mktemp("preprocess") / "preprocess.ipynb"
    picture = SAMPLES / "two-off-centre-small.jpg"
    run_notebook(FOLDER / "preprocess.ipynb", output, {"path": str(picture)}, progress=False)
    return output


def test_preprocess_goes_from_the_picture_to_the_grid(preprocessed: Path) -> None:
    found = read_result(preprocessed)
    grid = np.array(found["grid"])
    assert grid.shape == (8, 8)
    assert 0 <= grid.min() < grid.max() <= 16
    left, top, right, bottom = found["box"]
    assert 400 < left < right < 540
    assert 60 < top < bottom < 180


def test_preprocess_tells_the_story_of_the_score_that_was_not(preprocessed: Path) -> None:
    assert "96.9% of the second half are right" in page(preprocessed)
    right = read_result(preprocessed)["samples_right"]
    assert right["only shrunk"] <= 2
    assert right["after the steps"] >= 9


def test_preprocess_shows_the_ladder_that_was_measured(preprocessed: Path) -> None:
    told = page(preprocessed)
    for rung, shares in benchmark_results.rows("ladder").items():
        cells = [rung, *(f"{share:.1%}".replace("%", " %") for share in shares.values())]
        assert re.search(r"\s*".join(f"<td[^>]*>{re.escape(cell)}</td>" for cell in cells), told)


def test_preprocess_shows_each_figure_once_and_tells_it_in_words(preprocessed: Path) -> None:
    assert len(pictures_told(page(preprocessed))) == figures_drawn(FOLDER / "preprocess.ipynb")


def test_preprocess_says_what_stands_there_where_no_kernel_runs(preprocessed: Path) -> None:
    assert page(preprocessed).count("Here stands a workbench") == 1


# train


def test_train_leaves_a_version_its_figures_and_the_plain_classifier(
    trained: Path, store: ModelStore
) -> None:
    models, output = ModelStore(trained / "models"), trained / "train.ipynb"
    found = read_result(output)

    # the plain classifier, with the same card, is the same model
    assert found["model_version"] == models.resolve("latest") == store.resolve("latest")
    assert found["store"] == str(models.path)
    assert found["accuracies"]["holdout"] == models.load().card["holdout"]["accuracy"] >= 0.97

    assert found["classifier"] == str(trained / "digits-classifier.joblib")
    grids = np.random.default_rng(0).uniform(0, 16, (20, 64))
    plain_classifier = joblib.load(found["classifier"])
    assert plain_classifier.predict_proba(grids) == pytest.approx(
        models.load().predict_proba(grids), abs=1e-4
    )
    assert len(pictures_told(page(output))) == figures_drawn(FOLDER / "train.ipynb")


# serve


def test_serve_asks_publishes_and_rolls_back(store: ModelStore, tmp_path: Path) -> None:
    found = run_notebook(
        FOLDER / "serve.ipynb", tmp_path / "serve.ipynb", {"store": str(store.path)}, progress=False
    )
    assert (found["by_url"], found["by_base64"], found["pinned"]) == (7, 6, 7)
    assert found["refused"] == "QueryError"
    assert found["many"] == [6, "NoDigit", 8]
    assert found["rolled_back"] == found["first"] != found["published"]
    assert found["ended"] == 0
    assert store.versions() == [found["first"]], "the person's own store is left as it was"
    shown = page(tmp_path / "serve.ipynb")
    assert "Authorization: Simple KEY" in shown
    assert "dn_" not in shown
    log = Path(found["log"]).read_text(encoding="utf-8").splitlines()
    assert sum("method" in json.loads(line) for line in log) >= 10
