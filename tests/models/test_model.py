"""The model answers as the estimator that it was made from, and refuses what it cannot answer."""

import pickle
import subprocess
import sys
import tracemalloc
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from digits_nb import DigitModel, DigitsError, QueryError, TamperedModel
from digits_nb.models.inference import LARGEST
from digits_nb.models.model import BLOCK
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
def svc() -> DigitModel:
    return DigitModel.from_estimator(fitted(calibrated_svc()), {})


@pytest.fixture(scope="module")
def model() -> DigitModel:
    return DigitModel.from_estimator(fitted(network()), {"trained on": "300 digits"})


def calibrated_svc(**options: object) -> CalibratedClassifierCV:
    return CalibratedClassifierCV(SVC(**{"gamma": 0.001} | options), method="sigmoid", ensemble=False)


CONVERTIBLE: dict[str, tuple[Callable[[], ClassifierMixin], dict[str, str]]] = {
    "a network": (network, {"kind": "mlp"}),
    "a deep network": (
        lambda: MLPClassifier((16, 8, 8), max_iter=5),
        {"kind": "mlp"},
    ),
    "a deep network of tanh": (
        lambda: MLPClassifier((16, 8), activation="tanh", max_iter=5),
        {"kind": "mlp", "activation": "tanh"},
    ),
    "a network of sigmoids": (
        lambda: MLPClassifier((16,), activation="logistic", max_iter=5),
        {"kind": "mlp", "activation": "logistic"},
    ),
    "a network without activation": (
        lambda: MLPClassifier((16,), activation="identity", max_iter=5),
        {"kind": "mlp", "activation": "identity"},
    ),
    "a network without a hidden layer": (
        lambda: MLPClassifier((), max_iter=5),
        {"kind": "mlp"},
    ),
    "a soft vote": (vote, {"kind": "ensemble"}),
    "a soft vote that keeps its members apart": (
        lambda: vote(flatten_transform=False),
        {"kind": "ensemble"},
    ),
    "an SVC with a large C": (lambda: calibrated_svc(C=1e6), {"kind": "svc"}),
    "the ancestor's SVC": (calibrated_svc, {"kind": "svc"}),
    "an SVC whose kernel is scaled": (lambda: calibrated_svc(gamma="scale"), {"kind": "svc"}),
    "an SVC whose ties are broken": (lambda: calibrated_svc(C=10, break_ties=True), {"kind": "svc"}),
}


@pytest.mark.parametrize(("make", "kind"), CONVERTIBLE.values(), ids=CONVERTIBLE)
def test_the_model_answers_as_its_estimator(
    make: Callable[[], ClassifierMixin], kind: dict[str, str]
) -> None:
    estimator = fitted(make())

    model = DigitModel.from_estimator(estimator, {"name": "a card"})

    grids = GRIDS[::9]
    answers = model.predict_proba(grids)
    assert answers.shape == (len(grids), 10)
    assert answers.dtype == np.float64
    np.testing.assert_allclose(answers, estimator.predict_proba(grids), atol=1e-5)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-12)
    assert model.estimator is estimator
    assert model.card == {"name": "a card", **kind}
    assert model.version is None
    assert DigitModel.from_estimator(estimator, model.card).to_bytes() == model.to_bytes()


@given(grids=arrays(np.float64, (3, 64), elements=st.floats(0, 16)))
@example(grids=GRIDS)
@example(grids=np.zeros((1, 64)))
@example(grids=np.full((1, 64), 16.0))
def test_the_svc_is_equal_to_scikit_learns(svc: DigitModel, grids: NDArray[np.float64]) -> None:
    np.testing.assert_allclose(
        svc.predict_proba(grids), svc.estimator.predict_proba(grids), rtol=0, atol=1e-14
    )


@pytest.mark.parametrize("kind", ["model", "svc"])
def test_a_model_of_bytes_is_the_model_that_was_written(kind: str, request: pytest.FixtureRequest) -> None:
    written = request.getfixturevalue(kind)

    read = DigitModel.from_bytes(written.to_bytes())

    assert (read.card, read.version, read.estimator) == (written.card, None, None)
    assert read.to_bytes() == written.to_bytes()
    np.testing.assert_array_equal(read.predict_proba(GRIDS), written.predict_proba(GRIDS))


def test_grids_that_no_sigmoid_takes_are_any_digit_alike(svc: DigitModel) -> None:
    """As scikit-learn does: what is zero for every class is a tenth for each."""
    blind = svc.tensors | {"slopes": np.zeros(10), "offsets": np.full(10, 1e4)}

    np.testing.assert_allclose(DigitModel(blind, svc.card).predict_proba(GRIDS[:2]), 0.1)


SMALLEST = np.finfo(np.float32).smallest_normal
# what weight decay leaves of a unit that no grid excites, and the smallest weight that costs no time
FADED = [1e-40, -1e-40, float(np.nextafter(SMALLEST, np.float32(0))), float(SMALLEST), float(-SMALLEST)]


def faded_network() -> MLPClassifier:
    estimator = fitted(network())
    estimator.coefs_[0][:5, 0] = estimator.coefs_[1][0, :5] = estimator.intercepts_[0][:5] = FADED
    return estimator


def faded_vote() -> VotingClassifier:
    estimator = fitted(vote())
    estimator.estimators_[1] = faded_network()
    return estimator


@pytest.mark.parametrize("make", [faded_network, faded_vote])
def test_numbers_too_small_for_fast_arithmetic_are_zero(make: Callable[[], ClassifierMixin]) -> None:
    estimator = make()

    model = DigitModel.from_estimator(estimator, {})

    sizes = np.abs(np.concatenate([tensor.ravel() for tensor in model.tensors.values()]))
    assert not np.any((sizes > 0) & (sizes < SMALLEST))
    assert np.any(sizes == SMALLEST)
    np.testing.assert_allclose(model.predict_proba(GRIDS), estimator.predict_proba(GRIDS), atol=1e-5)


def blind_to_float32() -> ClassifierMixin:
    """A network whose hidden values are about 2e3: float64 keeps their differences, float32 does not."""
    estimator = fitted(MLPClassifier((16,), max_iter=20, random_state=0))
    estimator.intercepts_[0] += 2e3
    estimator.intercepts_[1] -= 2e3 * estimator.coefs_[1].sum(axis=0)
    return estimator


def without_end() -> ClassifierMixin:
    estimator = fitted(network())
    estimator.coefs_[0][0, 0] = np.nan
    return estimator


def beyond_float32() -> ClassifierMixin:
    estimator = fitted(network())
    estimator.intercepts_[0][0] = 1e39
    return estimator


def fitted_on(grids: NDArray[np.float64], labels: NDArray[np.generic]) -> Callable[[], ClassifierMixin]:
    return lambda: LogisticRegression(max_iter=2).fit(grids[:300], labels[:300])


UNFIT: dict[str, tuple[Callable[[], ClassifierMixin], str]] = {
    "no probabilities": (
        lambda: fitted(SVC()),
        "SVC is no estimator that becomes a model: use an MLPClassifier, a soft",
    ),
    "votes that are counted": (
        lambda: fitted(VotingClassifier([("net", network())], voting="hard")),
        "VotingClassifier is no estimator",
    ),
    "not fitted": (network, "MLPClassifier is not fitted on 64 columns and the classes 0..9"),
    "nine classes": (
        fitted_on(GRIDS[DIGITS.target < 9], DIGITS.target[DIGITS.target < 9]),
        "is not fitted on 64 columns and the classes 0..9",
    ),
    "classes that are texts": (fitted_on(GRIDS, DIGITS.target.astype(str)), "labelled by integers"),
    "another column": (fitted_on(GRIDS[:, 1:], DIGITS.target), "is not fitted on 64 columns"),
    "logistic regression": (
        lambda: fitted(LogisticRegression(max_iter=50)),
        "LogisticRegression is no estimator that becomes a model: use an MLPClassifier, a soft Voting",
    ),
    "neighbours": (lambda: fitted(KNeighborsClassifier(3)), "KNeighborsClassifier is no estimator"),
    "a pipeline": (lambda: fitted(make_pipeline(MinMaxScaler(), network())), "Pipeline is no estimator"),
    "a weighted vote": (lambda: fitted(vote(weights=[1, 2, 3])), "VotingClassifier is no estimator"),
    "a vote of something else": (
        lambda: fitted(
            VotingClassifier([("net", network()), ("log", LogisticRegression(max_iter=50))], voting="soft")
        ),
        "VotingClassifier is no estimator",
    ),
    "a vote of networks of several sizes": (
        lambda: fitted(
            VotingClassifier([("a", network()), ("b", MLPClassifier((8,), max_iter=5))], voting="soft")
        ),
        "with the same layers",
    ),
    "a very deep network": (lambda: fitted(MLPClassifier((4,) * 9, max_iter=2)), "is no estimator"),
    "an SVC with a linear kernel": (lambda: fitted(calibrated_svc(kernel="linear")), "SVC(kernel='rbf')"),
    "an SVC calibrated fold by fold": (
        lambda: fitted(CalibratedClassifierCV(SVC(gamma=0.001), method="sigmoid", cv=2)),
        "CalibratedClassifierCV is no estimator that becomes a model",
    ),
    "an SVC that does not vote": (
        lambda: fitted(calibrated_svc(decision_function_shape="ovo")),
        "CalibratedClassifierCV and its model differ",
    ),
    "a calibrated network": (
        lambda: fitted(CalibratedClassifierCV(network(), method="sigmoid", ensemble=False, cv=2)),
        "CalibratedClassifierCV is no estimator",
    ),
    "isotonic calibration": (
        lambda: fitted(CalibratedClassifierCV(SVC(gamma=0.001), method="isotonic", ensemble=False)),
        "CalibratedClassifierCV is no estimator",
    ),
    "weights that are no numbers": (
        without_end,
        "MLPClassifier has weights that are not finite or too large",
    ),
    "weights that float32 does not hold": (beyond_float32, "has weights that are not finite or too large"),
    "a network that float32 does not hold": (blind_to_float32, "and its model differ by up to"),
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


def test_a_pickled_model_is_its_tensors_card_and_version(model: DigitModel) -> None:
    saved = DigitModel(model.tensors, model.card, version="0" * 64, estimator=model.estimator)

    data = pickle.dumps(saved)
    copy = pickle.loads(data)  # noqa: S301  # our own, made a line above

    assert len(data) < len(model.to_bytes()) + 1000
    assert (copy.to_bytes(), copy.version, copy.estimator) == (saved.to_bytes(), "0" * 64, None)
    np.testing.assert_array_equal(copy.predict_proba(GRIDS), model.predict_proba(GRIDS))


def test_other_processes_answer_the_same(model: DigitModel) -> None:
    parts = Parallel(n_jobs=2)(delayed(model.predict_proba)(GRIDS[start::2]) for start in range(2))

    for start, part in enumerate(parts):
        np.testing.assert_array_equal(part, model.predict_proba(GRIDS[start::2]))


Tensors = dict[str, NDArray[np.generic]]


def zeros(*sizes: int, members: int = 1) -> Tensors:
    """The tensors of networks with layers of these sizes."""
    tensors: Tensors = {}
    for layer, (inputs, outputs) in enumerate(pairwise((64, *sizes, 10)), 1):
        tensors[f"weights_{layer}"] = np.zeros((members, inputs, outputs), np.float32)
        tensors[f"intercepts_{layer}"] = np.zeros((members, outputs), np.float32)
    return tensors


def svc_of(vectors: int) -> Tensors:
    return {
        "support_vectors": np.zeros((vectors, 64)),
        "coefficients": np.zeros((vectors, 45)),
        "intercepts": np.zeros(45),
        "gamma": np.array([0.001]),
        "slopes": np.full(10, -1.0),
        "offsets": np.zeros(10),
    }


def without(tensors: Tensors, name: str) -> Tensors:
    return {other: tensor for other, tensor in tensors.items() if other != name}


def with_number(tensors: Tensors, name: str, number: float) -> Tensors:
    changed = tensors[name].copy()
    changed.flat[-1] = number
    return tensors | {name: changed}


NET, VECTORS = zeros(16), svc_of(7)
ALLOWED: dict[str, tuple[str, Tensors]] = {
    "an ensemble": ("ensemble", zeros(16, members=4)),
    "an ensemble of deeper networks": ("ensemble", zeros(16, 8, members=2)),
    "one network": ("mlp", NET),
    "a network without a hidden layer": ("mlp", zeros()),
    "the deepest network": ("mlp", zeros(*[4] * 3)),
    "an SVC": ("svc", VECTORS),
}
FOREIGN: dict[str, tuple[str, Tensors, str]] = {
    "no tensors": ("ensemble", {}, "tensors are 'none'"),
    "a missing tensor": ("mlp", without(NET, "weights_1"), "tensors are 'intercepts_1, intercepts_2"),
    "a foreign tensor": ("mlp", NET | {"hook": np.zeros(1, np.float32)}, "tensors are 'hook"),
    "foreign tensors in pairs": (
        "mlp",
        NET | {"weights_4": NET["weights_2"], "intercepts_4": NET["intercepts_2"]},
        "weights_4'",
    ),
    "another kind's tensors": ("svc", NET, "tensors are 'intercepts_1"),
    "another kind's tensors, the other way": ("ensemble", VECTORS, "tensors are 'coefficients"),
    "a vote as a single network": ("mlp", zeros(16, members=2), "weights_1 of the shape (2, 64, 16)"),
    "a network too deep": ("mlp", zeros(*[4] * 8), "tensors are"),
    "63 columns": (
        "mlp",
        NET | {"weights_1": np.zeros((1, 63, 16), np.float32)},
        "weights_1 of the shape (1, 63, 16)",
    ),
    "eleven classes": (
        "mlp",
        NET | {"weights_2": np.zeros((1, 16, 11), np.float32), "intercepts_2": np.zeros((1, 11), np.float32)},
        "weights_2 of the shape (1, 16, 11)",
    ),
    "layers that do not fit": (
        "mlp",
        NET | {"weights_2": np.zeros((1, 17, 10), np.float32)},
        "weights_2 of the shape (1, 17, 10)",
    ),
    "members that do not fit": (
        "ensemble",
        NET | {"intercepts_2": np.zeros((2, 10), np.float32)},
        "intercepts_2 of the shape (2, 10)",
    ),
    "a missing dimension": (
        "mlp",
        NET | {"weights_1": np.zeros((64, 16), np.float32)},
        "weights_1 of the shape (64, 16)",
    ),
    "no members": ("ensemble", zeros(16, members=0), "weights_1 of the shape (0, 64, 16)"),
    "no units": ("mlp", zeros(0), "weights_1 of the shape (1, 64, 0)"),
    "float64 networks": ("mlp", NET | {"weights_1": np.zeros((1, 64, 16))}, "the type float64"),
    "whole numbers": ("mlp", NET | {"weights_1": np.zeros((1, 64, 16), np.int32)}, "the type int32"),
    "a float32 SVC": ("svc", VECTORS | {"gamma": np.ones(1, np.float32)}, "gamma of the shape (1,) and the"),
    "vectors without coefficients": (
        "svc",
        VECTORS | {"coefficients": np.zeros((6, 45))},
        "coefficients of the shape (6, 45)",
    ),
    "no support vectors": ("svc", svc_of(0), "support_vectors of the shape (0, 64)"),
    "a kernel that grows": ("svc", with_number(VECTORS, "gamma", -0.001), "gamma that is not above 0"),
    "NaN in a network": ("mlp", with_number(NET, "weights_2", np.nan), "in weights_2 that is not finite"),
    "infinity in a network": ("mlp", with_number(NET, "intercepts_1", np.inf), "that is not finite"),
    "NaN in an SVC": ("svc", with_number(VECTORS, "slopes", np.nan), "in slopes that is not finite"),
    "infinity in an SVC": ("svc", with_number(VECTORS, "coefficients", -np.inf), "that is not finite"),
    "a number too large": ("svc", with_number(VECTORS, "offsets", 1e31), "not finite or too large"),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("kind", "tensors"), ALLOWED.values(), ids=ALLOWED)
def test_tensors_as_the_kind_has_them_are_a_model(kind: str, tensors: Tensors) -> None:
    np.testing.assert_allclose(DigitModel(tensors, {"kind": kind}).predict_proba(GRIDS[:3]).sum(axis=1), 1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("kind", "tensors", "words"), FOREIGN.values(), ids=FOREIGN)
def test_other_tensors_are_refused(kind: str, tensors: Tensors, words: str) -> None:
    with pytest.raises(TamperedModel) as refusal:
        DigitModel(tensors, {"kind": kind})
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    "card",
    [{}, {"kind": "onnx"}, {"kind": ["mlp"]}, {"kind": None}, {"kind": "mlp", "activation": "sin"}],
    ids=str,
)
def test_a_card_that_names_no_known_kind_is_refused(card: dict[str, object]) -> None:
    with pytest.raises(TamperedModel, match=r"names the kind .*, where .* are known"):
        DigitModel(NET, card)


@pytest.mark.filterwarnings("error")
@given(data=st.data())
def test_any_finite_tensors_give_probabilities_in_silence(data: st.DataObject) -> None:
    """What passes the checks does not overflow, whatever the numbers are."""
    kind, tensors = data.draw(st.sampled_from([("mlp", zeros(3, 3)), ("svc", svc_of(3))]))
    size = st.sampled_from([0, 1e-30, 1, 1e9, 1e15, 1e4, *LARGEST.values()])
    numbers = {
        name: tensor + np.asarray(data.draw(st.sampled_from([-1, 1])) * data.draw(size), tensor.dtype)
        for name, tensor in tensors.items()
    }
    try:
        model = DigitModel(numbers, {"kind": kind})
    except TamperedModel:
        return
    answers = model.predict_proba([[0] * 64, [16] * 64, *GRIDS[:3]])
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-9)


@pytest.mark.parametrize(
    ("kind", "tensors"), [("mlp", zeros(100_000)), ("svc", svc_of(30_000))], ids=["a network", "an SVC"]
)
def test_memory_does_not_grow_with_a_large_model(kind: str, tensors: Tensors) -> None:
    model = DigitModel(tensors, {"kind": kind})

    tracemalloc.start()
    model.predict_proba(np.zeros((BLOCK, 64)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 300 * 2**20


def test_an_answer_needs_nothing_but_numpy_and_safetensors(model: DigitModel) -> None:
    program = (
        "import sys; from digits_nb import DigitModel\n"
        "assert 'safetensors' not in sys.modules\n"
        "DigitModel.from_bytes(sys.stdin.buffer.read()).predict_proba([[[0] * 8] * 8])\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )

    run = subprocess.run(
        [sys.executable, "-c", program], input=model.to_bytes(), capture_output=True, check=True
    )

    imported = set(run.stdout.decode().split())
    assert {"numpy", "safetensors"} <= imported
    assert imported.isdisjoint({"sklearn", "scipy", "cv2", "PIL", "requests"})
    assert run.stderr == b""


NO_CARDS = {
    "a text": "a card",
    "a calibration by name": {"calibration": "sigmoid"},
    "no calibration, said": {"calibration": None},
    "numbers without names": {"calibration": [0.5, 0.9]},
    "a text as threshold": {"calibration": {"digit_from": "x"}},
    "a number as text": {"calibration": {"certain_from": "0.9"}},
    "a number as bytes": {"calibration": {"digit_from": b"1"}},
    "no threshold, said": {"calibration": {"digit_from": 0.5, "certain_from": None}},
    "a threshold beyond every float": {"calibration": {"digit_from": 10**400}},
    "a threshold that is no number": {"calibration": {"digit_from": float("nan")}},
}


@pytest.mark.parametrize("card", NO_CARDS.values(), ids=NO_CARDS)
def test_a_card_that_no_query_can_be_judged_by_is_refused(card: dict[str, object], model: DigitModel) -> None:
    words = "its `calibration` is no dict with numbers"
    with pytest.raises(TamperedModel, match=words):
        DigitModel(model.tensors, card)
    with pytest.raises(DigitsError, match=words) as refusal:
        DigitModel.from_estimator(model.estimator, card)
    assert refusal.type is DigitsError, "nobody has tampered with what is being made"


@pytest.mark.parametrize(
    "calibration", [{}, {"digit_from": 0}, {"certain_from": 1.1, "method": "sigmoid"}], ids=str
)
def test_a_card_may_leave_out_thresholds(calibration: dict[str, object], model: DigitModel) -> None:
    answer = recognize_grid(
        DIGITS.images[0], DigitModel(model.tensors, {"kind": "mlp", "calibration": calibration})
    )
    assert not answer.certain


def test_a_model_shows_its_version_and_not_its_bytes(model: DigitModel) -> None:
    assert "not saved" in repr(model)
    assert "mlp" in repr(model)
    assert "f" * 64 in repr(DigitModel(model.tensors, model.card, version="f" * 64))
    assert len(repr(model)) < 100
