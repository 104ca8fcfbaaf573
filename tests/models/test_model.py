"""The model answers as the estimator that it was converted from, and refuses what it cannot answer."""

import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from joblib import Parallel, delayed
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from digits_nb import DigitModel, DigitsError, QueryError, TamperedModel
from digits_nb.models.graph import OPSETS
from digits_nb.models.model import BLOCK, MAX_RUN_BYTES
from digits_nb.recognition import recognize_grid

DIGITS = load_digits()
GRIDS = DIGITS.data


def fitted(estimator: ClassifierMixin) -> ClassifierMixin:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a few rounds are no convergence, and enough here
        return estimator.fit(GRIDS[:300], DIGITS.target[:300])


def network(seed: int = 0) -> MLPClassifier:
    return MLPClassifier((16,), max_iter=20, random_state=seed)


def vote(**options: object) -> VotingClassifier:
    return VotingClassifier([(f"net{seed}", network(seed)) for seed in range(3)], voting="soft", **options)


@pytest.fixture(scope="module")
def model() -> DigitModel:
    return DigitModel.from_estimator(fitted(network()), {"trained on": "300 digits"})


CONVERTIBLE: dict[str, Callable[[], ClassifierMixin]] = {
    "a network": network,
    "a deep network of tanh": lambda: MLPClassifier((16, 8), activation="tanh", max_iter=5),
    "a network of sigmoids": lambda: MLPClassifier((16,), activation="logistic", max_iter=5),
    "logistic regression": lambda: LogisticRegression(max_iter=50),
    "grids scaled by their range": lambda: make_pipeline(MinMaxScaler(), network()),
    "grids scaled by their spread": lambda: make_pipeline(StandardScaler(), network()),
    "grids scaled by their maximum": lambda: make_pipeline(MaxAbsScaler(), network()),
    "grids passed on": lambda: make_pipeline(FunctionTransformer(), network()),
    "a soft vote": lambda: vote(flatten_transform=False),
    "a weighted vote": lambda: vote(flatten_transform=False, weights=np.array([1, 2, 3])),
    "a calibrated SVC": lambda: CalibratedClassifierCV(SVC(gamma=0.001), method="sigmoid", cv=2),
    "an SVC with one calibration": lambda: CalibratedClassifierCV(SVC(gamma=0.001), cv=2, ensemble=False),
    "a calibrated network": lambda: CalibratedClassifierCV(network(), method="sigmoid", cv=2),
    "a calibrated vote": lambda: CalibratedClassifierCV(vote(flatten_transform=False), cv=2),
    "a vote of networks and an SVC": lambda: VotingClassifier(
        [("net", make_pipeline(MinMaxScaler(), network())), ("svc", CalibratedClassifierCV(SVC(), cv=2))],
        voting="soft",
        flatten_transform=False,
    ),
}


@pytest.mark.parametrize("make", CONVERTIBLE.values(), ids=CONVERTIBLE)
def test_the_model_answers_as_its_estimator(make: Callable[[], ClassifierMixin]) -> None:
    estimator = fitted(make())

    model = DigitModel.from_estimator(estimator, {"name": "a card"})

    grids = GRIDS[::9]
    answers = model.predict_proba(grids)
    assert answers.shape == (len(grids), 10)
    assert answers.dtype == np.float64
    np.testing.assert_allclose(answers, estimator.predict_proba(grids), atol=1e-5)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-12)
    assert model.estimator is estimator
    assert model.card == {"name": "a card"}
    assert model.version is None
    assert DigitModel.from_estimator(estimator, {}).onnx == model.onnx


def test_the_graph_holds_no_tools_or_names_and_states_fixed_versions() -> None:
    """A vote is what skl2onnx leaves an unused constant in."""
    model = DigitModel.from_estimator(fitted(vote(flatten_transform=False)), {})

    found = onnx.load_model_from_string(model.onnx)

    assert not found.producer_name
    assert not any(node.name or node.doc_string for node in found.graph.node)
    assert {opset.domain: opset.version for opset in found.opset_import} == OPSETS
    read = {name for node in found.graph.node for name in node.input}
    assert {constant.name for constant in found.graph.initializer} <= read


def constants(data: bytes) -> NDArray[np.float32]:
    """Every float32 of a graph: in its constants and in the attributes of its operators."""
    found = onnx.load_model_from_string(data).graph
    tensors = [numpy_helper.to_array(tensor).ravel() for tensor in found.initializer]
    attributes = [attribute.floats for node in found.node for attribute in node.attribute]
    return np.concatenate(
        [*(tensor for tensor in tensors if tensor.dtype == np.float32), *attributes], dtype=np.float32
    )


SMALLEST = np.finfo(np.float32).smallest_normal
# what weight decay leaves of a unit that no grid excites, and the smallest weight that costs no time
FADED = [1e-40, -1e-40, float(np.nextafter(SMALLEST, np.float32(0))), float(SMALLEST), float(-SMALLEST)]


def faded_network() -> MLPClassifier:
    estimator = fitted(network())
    estimator.coefs_[0][:5, 0] = estimator.coefs_[1][0, :5] = estimator.intercepts_[0][:5] = FADED
    return estimator


def faded_regression() -> LogisticRegression:
    estimator = fitted(LogisticRegression(max_iter=50))
    estimator.coef_[0, 20:25] = estimator.intercept_[:5] = FADED
    return estimator


def faded_vote() -> VotingClassifier:
    estimator = fitted(vote(flatten_transform=False))
    estimator.estimators_[1] = faded_network()
    return estimator


@pytest.mark.parametrize("make", [faded_network, faded_regression, faded_vote])
def test_numbers_too_small_for_fast_arithmetic_are_zero(make: Callable[[], ClassifierMixin]) -> None:
    estimator = make()

    model = DigitModel.from_estimator(estimator, {})

    sizes = np.abs(constants(model.onnx))
    assert not np.any((sizes > 0) & (sizes < SMALLEST))
    assert np.any(sizes == SMALLEST)
    np.testing.assert_allclose(model.predict_proba(GRIDS), estimator.predict_proba(GRIDS), atol=1e-5)


def blind_to_float32() -> ClassifierMixin:
    """Logistic regression on columns about 1e7: float64 keeps their differences, float32 does not."""
    pipeline = fitted(make_pipeline(MinMaxScaler(), LogisticRegression(max_iter=50)))
    scaler, regression = pipeline[0], pipeline[1]
    scaler.min_ += 1e7
    regression.intercept_ -= 1e7 * regression.coef_.sum(axis=1)
    return pipeline


def fitted_on(grids: NDArray[np.float64], labels: NDArray[np.generic]) -> Callable[[], ClassifierMixin]:
    return lambda: LogisticRegression(max_iter=2).fit(grids[:300], labels[:300])


UNFIT: dict[str, tuple[Callable[[], ClassifierMixin], str]] = {
    "no probabilities": (lambda: fitted(SVC()), "SVC has no predict_proba: calibrate it"),
    "votes that are counted": (
        lambda: fitted(VotingClassifier([("net", network())], voting="hard")),
        "VotingClassifier has no predict_proba",
    ),
    "not fitted": (network, "MLPClassifier is not fitted on the classes 0..9"),
    "nine classes": (
        fitted_on(GRIDS[DIGITS.target < 9], DIGITS.target[DIGITS.target < 9]),
        "is not fitted on the classes 0..9",
    ),
    "classes that are texts": (fitted_on(GRIDS, DIGITS.target.astype(str)), "labelled by integers"),
    "another column": (fitted_on(GRIDS[:, 1:], DIGITS.target), "takes 63 columns, where a grid has 64"),
    "a conversion that loops": (
        lambda: fitted(KNeighborsClassifier(3)),
        "KNeighborsClassifier becomes a graph that digits_nb does not run",
    ),
    "isotonic calibration, which is converted wrongly": (
        lambda: fitted(CalibratedClassifierCV(network(), method="isotonic", cv=2)),
        "CalibratedClassifierCV becomes a graph that digits_nb does not run",
    ),
    "temperature calibration, which is not converted": (
        lambda: fitted(CalibratedClassifierCV(network(), method="temperature", cv=2)),
        "CalibratedClassifierCV cannot be converted by skl2onnx (AttributeError)",
    ),
    "a vote that is not converted": (
        lambda: fitted(vote()),
        "soft votes of them (flatten_transform=False",
    ),
    "a conversion that answers otherwise": (blind_to_float32, "conversion to ONNX differ by up to"),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("make", "words"), UNFIT.values(), ids=UNFIT)
def test_an_estimator_that_cannot_be_a_model_is_refused(
    make: Callable[[], ClassifierMixin], words: str
) -> None:
    estimator = make()

    with pytest.raises(DigitsError) as refusal:
        DigitModel.from_estimator(estimator, {})
    assert words in str(refusal.value)


FORMS: dict[str, Callable[[NDArray[np.float64]], object]] = {
    "rows of 64": lambda grids: grids,
    "squares": lambda grids: grids.reshape(-1, 8, 8),
    "small integers": lambda grids: grids.astype(np.uint8),
    "lists": lambda grids: grids.tolist(),
    "columns first in memory": np.asfortranarray,
    "every second number of an array": lambda grids: np.repeat(grids, 2, axis=1)[:, ::2],
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_grids_come_in_any_form_of_an_array(
    model: DigitModel, form: Callable[[NDArray[np.float64]], object]
) -> None:
    expected = model.estimator.predict_proba(GRIDS[:5])

    np.testing.assert_allclose(model.predict_proba(form(GRIDS[:5])), expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(0, 64), (0, 8, 8)])
def test_no_grids_have_no_answers(model: DigitModel, shape: tuple[int, ...]) -> None:
    assert model.predict_proba(np.empty(shape)).shape == (0, 10)


def test_a_batch_of_several_blocks_is_answered_in_order(model: DigitModel) -> None:
    grids = np.resize(GRIDS, (2 * BLOCK + 1, 64))

    np.testing.assert_allclose(model.predict_proba(grids), model.estimator.predict_proba(grids), atol=1e-5)


NO_GRIDS = {
    "one grid that is no batch": (np.zeros((8, 8)), "the shape (8, 8)"),
    "one grid laid out flat": (np.zeros(64), "the shape (64,)"),
    "a number": (5.0, "the shape ()"),
    "63 columns": (np.zeros((2, 63)), "the shape (2, 63)"),
    "pictures": (np.zeros((2, 8, 8, 3)), "the shape (2, 8, 8, 3)"),
    "a 4×16 grid": (np.zeros((2, 4, 16)), "the shape (2, 4, 16)"),
    "rows of different lengths": ([[1.0] * 64, [1.0] * 63], "different lengths"),
    "texts": ([["1"] * 64], "of the type <U1"),
    "complex numbers": (np.zeros((1, 64), complex), "of the type complex128"),
    "objects": (np.zeros((1, 64), object), "of the type object"),
    "a negative number": (np.full((1, 64), -0.001), "not within 0..16"),
    "more ink than a block holds": (np.full((1, 64), 16.001), "not within 0..16"),
    "grey levels": (np.full((1, 64), 255, np.uint8), "not within 0..16"),
    "more than a float32 holds": (np.full((1, 64), 1e300), "not within 0..16"),
    "not a number": (np.full((1, 64), np.nan), "not within 0..16"),
    "infinity": (np.full((1, 64), np.inf), "not within 0..16"),
}


@pytest.mark.parametrize(("grids", "words"), NO_GRIDS.values(), ids=NO_GRIDS)
def test_what_is_no_batch_of_grids_is_refused(model: DigitModel, grids: object, words: str) -> None:
    with pytest.raises(QueryError) as refusal:
        model.predict_proba(grids)
    assert words in str(refusal.value)


@given(grid=arrays(np.float64, (1, 8, 8), elements=st.floats(0, 16)))
def test_any_grid_has_ten_probabilities(model: DigitModel, grid: NDArray[np.float64]) -> None:
    (answer,) = model.predict_proba(grid)

    assert answer.shape == (10,)
    assert (answer >= 0).all()
    assert answer.sum() == pytest.approx(1, abs=1e-12)


@given(cell=st.integers(0, 63), number=st.floats().filter(lambda number: not 0 <= number <= 16))
def test_a_single_number_out_of_range_is_found(model: DigitModel, cell: int, number: float) -> None:
    grids = GRIDS[:3].copy()
    grids[1, cell] = number

    with pytest.raises(QueryError):
        model.predict_proba(grids)


def test_threads_share_a_model(model: DigitModel) -> None:
    expected = [model.predict_proba(GRIDS[row : row + 1]) for row in range(200)]

    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda row: model.predict_proba(GRIDS[row : row + 1]), list(range(200)) * 5)

    for row, answer in enumerate(found):
        np.testing.assert_array_equal(answer, expected[row % 200])


def test_a_pickled_model_is_its_bytes_card_and_version(model: DigitModel) -> None:
    saved = DigitModel(model.onnx, model.card, version="0" * 64, estimator=model.estimator)

    data = pickle.dumps(saved)
    copy = pickle.loads(data)  # noqa: S301  # our own, made a line above

    assert len(data) < len(model.onnx) + 1000
    assert (copy.onnx, copy.card, copy.version, copy.estimator) == (saved.onnx, saved.card, "0" * 64, None)
    np.testing.assert_array_equal(copy.predict_proba(GRIDS), model.predict_proba(GRIDS))


def test_other_processes_answer_the_same(model: DigitModel) -> None:
    parts = Parallel(n_jobs=2)(delayed(model.predict_proba)(GRIDS[start::2]) for start in range(2))

    for start, part in enumerate(parts):
        np.testing.assert_array_equal(part, model.predict_proba(GRIDS[start::2]))


def graph(*nodes: onnx.NodeProto, **constants: NDArray[np.generic]) -> bytes:
    """A graph with the right ends, and whatever in between."""
    ends = [
        helper.make_tensor_value_info("grid", onnx.TensorProto.FLOAT, [None, 64]),
        helper.make_tensor_value_info("label", onnx.TensorProto.INT64, [None]),
        helper.make_tensor_value_info("probabilities", onnx.TensorProto.FLOAT, [None, 10]),
    ]
    label = helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0)
    values = [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()]
    found = helper.make_graph([*nodes, label], "graph", ends[:1], ends[1:], values)
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    return helper.make_model(found, opset_imports=opsets, ir_version=8).SerializeToString()


def doubled(times: int) -> bytes:
    """A graph that lays the grid beside itself, again and again, and sums it in the end."""
    steps = ["grid", *(f"doubled{step}" for step in range(times))]
    return graph(
        *(helper.make_node("Concat", [old, old], [new], axis=1) for old, new in pairwise(steps)),
        helper.make_node("ReduceSum", [steps[-1], "axis"], ["sum"], keepdims=1),
        helper.make_node("Add", ["sum", "tens"], ["probabilities"]),
        axis=np.array([1]),
        tens=np.full((1, 10), 0.1, np.float32),
    )


def classifier(operator: str, **attributes: object) -> bytes:
    """A graph of one classifier, whose lists have whatever lengths."""
    node = helper.make_node(
        operator,
        ["grid"],
        ["digit", "probabilities"],
        domain="ai.onnx.ml",
        classlabels_ints=list(range(10)),
        **attributes,
    )
    return graph(node)


SVC_OF_TEN = {"kernel_type": "RBF", "kernel_params": [0.1, 0, 3], "vectors_per_class": [1] * 10}


NO_ANSWER = {
    "other shapes than it states": (
        graph(helper.make_node("Identity", ["grid"], ["probabilities"])),
        "does not answer a blank grid",
    ),
    "no finite numbers": (
        graph(
            helper.make_node("MatMul", ["grid", "weights"], ["zeros"]),
            helper.make_node("Div", ["zeros", "zeros"], ["probabilities"]),
            weights=np.zeros((64, 10), np.float32),
        ),
        "does not answer a blank grid",
    ),
    "a value that nothing makes": (
        graph(helper.make_node("Identity", ["nowhere"], ["probabilities"])),
        "cannot be run",
    ),
    "constants that do not fit": (
        graph(
            helper.make_node("MatMul", ["grid", "weights"], ["probabilities"]),
            weights=np.zeros((63, 10), np.float32),
        ),
        "cannot be run",
    ),
    # before its version 1.28, onnxruntime reads past the ends of these lists
    "an SVC with too few coefficients": (
        classifier(
            "SVMClassifier", support_vectors=[1.0] * 640, coefficients=[1.0] * 3, rho=[1.0] * 45, **SVC_OF_TEN
        ),
        "cannot be run",
    ),
    "an SVC with too few support vectors": (
        classifier(
            "SVMClassifier", support_vectors=[1.0] * 64, coefficients=[1.0] * 90, rho=[1.0] * 45, **SVC_OF_TEN
        ),
        "cannot be run",
    ),
    "a regression with too few coefficients": (
        classifier("LinearClassifier", coefficients=[1.0] * 5, intercepts=[1.0] * 10),
        "cannot be run",
    ),
    "an index past the end": (
        graph(
            helper.make_node(
                "ArrayFeatureExtractor", ["grid", "index"], ["probabilities"], domain="ai.onnx.ml"
            ),
            index=np.full(10, 10**6),
        ),
        "cannot be run",
    ),
    "a scaler of too few columns": (
        graph(
            helper.make_node(
                "Scaler", ["grid"], ["scaled"], domain="ai.onnx.ml", offset=[1.0] * 3, scale=[1.0] * 3
            ),
            helper.make_node("MatMul", ["scaled", "weights"], ["probabilities"]),
            weights=np.zeros((64, 10), np.float32),
        ),
        "cannot be run",
    ),
}


@pytest.mark.parametrize(("data", "words"), NO_ANSWER.values(), ids=NO_ANSWER)
def test_a_graph_that_does_not_answer_is_refused_in_silence(
    data: bytes, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(TamperedModel, match=words):
        DigitModel(data, {})
    assert capfd.readouterr() == ("", "")


def of_constants(data: bytes) -> bytes:
    """Let a graph double a constant in place of the grid, which can be calculated as it is loaded."""
    model = onnx.load_model_from_string(data)
    model.graph.node[0].input[:] = ["tens", "tens"]
    return model.SerializeToString()


def test_a_graph_may_double_what_stays_small() -> None:
    assert DigitModel(doubled(12), {}).predict_proba(GRIDS[:1]).shape == (1, 10)


GIB = 2**30


@pytest.mark.parametrize(
    "data", [doubled(22), of_constants(doubled(26))], ids=["2 GiB of the grid", "2.5 GiB of constants"]
)
def test_memory_is_refused_before_it_is_taken(data: bytes) -> None:
    # the limit keeps the machine safe from a failure of this test
    program = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_AS, ({8 * GIB}, {8 * GIB}))\n"
        "from digits_nb import DigitModel, TamperedModel\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: DigitModel(sys.stdin.buffer.read(), {})\n"
        "except TamperedModel: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )

    run = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=True)

    unit = 1 if sys.platform == "darwin" else 1024
    assert run.stderr == b""
    assert int(run.stdout) * unit < 2 * MAX_RUN_BYTES


def test_a_file_that_could_be_another_format_is_read_as_what_was_checked(model: DigitModel) -> None:
    """The bytes 4 to 7 mark onnxruntime's own format, which is not ONNX and which nothing here reads."""
    disguised = b"\x12\x06xxORTM" + model.onnx

    answers = DigitModel(disguised, {}).predict_proba(GRIDS)

    np.testing.assert_array_equal(answers, model.predict_proba(GRIDS))


def test_an_answer_needs_neither_scikit_learn_nor_onnx(model: DigitModel) -> None:
    program = (
        "import sys; from digits_nb import DigitModel\n"
        "assert 'onnxruntime' not in sys.modules\n"
        "DigitModel(sys.stdin.buffer.read(), {}).predict_proba([[[0] * 8] * 8])\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )

    run = subprocess.run([sys.executable, "-c", program], input=model.onnx, capture_output=True, check=True)

    imported = set(run.stdout.decode().split())
    assert "onnxruntime" in imported
    assert imported.isdisjoint({"sklearn", "skl2onnx", "onnx", "scipy", "google"})
    assert run.stderr == b""


NO_CARDS = {
    "a text": "a card",
    "a calibration by name": {"calibration": "sigmoid"},
    "no calibration, said": {"calibration": None},
    "numbers without names": {"calibration": [0.5, 0.9]},
    "a text as threshold": {"calibration": {"digit_from": "x"}},
    "no threshold, said": {"calibration": {"digit_from": 0.5, "certain_from": None}},
    "a threshold beyond every float": {"calibration": {"digit_from": 10**400}},
    "a threshold that is no number": {"calibration": {"digit_from": float("nan")}},
}


@pytest.mark.parametrize("card", NO_CARDS.values(), ids=NO_CARDS)
def test_a_card_that_no_query_can_be_judged_by_is_refused(card: dict[str, object], model: DigitModel) -> None:
    words = "its `calibration` is no dict with numbers"
    with pytest.raises(TamperedModel, match=words):
        DigitModel(model.onnx, card)
    with pytest.raises(DigitsError, match=words) as refusal:
        DigitModel.from_estimator(model.estimator, card)
    assert refusal.type is DigitsError, "nobody has tampered with what is being made"


@pytest.mark.parametrize(
    "calibration", [{}, {"digit_from": 0}, {"certain_from": 1.1, "method": "sigmoid"}], ids=str
)
def test_a_card_may_leave_out_thresholds(calibration: dict[str, object], model: DigitModel) -> None:
    answer = recognize_grid(DIGITS.images[0], DigitModel(model.onnx, {"calibration": calibration}))
    assert not answer.certain


def test_a_model_shows_its_version_and_not_its_bytes(model: DigitModel) -> None:
    assert "not saved" in repr(model)
    assert "f" * 64 in repr(DigitModel(model.onnx, {}, version="f" * 64))
    assert len(repr(model)) < 100


def test_reading_a_model_leaves_nothing_in_the_home_folder(model: DigitModel, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(model.onnx)
    program = "import sys, digits_nb as dn; dn.DigitModel(open(sys.argv[1], 'rb').read(), {})"
    # CI is not told: onnxruntime leaves an identifier of the machine where it believes that a person works
    environment = {name: value for name, value in os.environ.items() if name != "CI" and "XDG" not in name}
    (tmp_path / "home").mkdir()

    command = [sys.executable, "-c", program, str(tmp_path / "model.onnx")]
    subprocess.run(command, check=True, env=environment | {"HOME": str(tmp_path / "home")})

    assert not list((tmp_path / "home").rglob("*"))
