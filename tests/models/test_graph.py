"""A graph is refused unless all of it is on the list: by name where a hostile file would use it."""

import warnings
from collections.abc import Callable

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import ModelProto, NodeProto, TensorProto, helper
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from digits_nb import DigitModel, TamperedModel
from digits_nb.models import graph
from digits_nb.models.graph import check_graph

Change = Callable[[ModelProto], object]


@pytest.fixture(scope="module")
def good() -> bytes:
    """A graph that passes, of a small network."""
    digits = load_digits()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ten rounds are no convergence, and enough here
        estimator = MLPClassifier((8,), max_iter=10, random_state=0).fit(digits.data, digits.target)
    return DigitModel.from_estimator(estimator, {}).onnx


def changed(good: bytes, change: Change) -> bytes:
    model = onnx.load_model_from_string(good)
    change(model)
    return model.SerializeToString()


def with_node(node: NodeProto) -> Change:
    return lambda model: model.graph.node.append(node)


def branch() -> onnx.GraphProto:
    return helper.make_graph([helper.make_node("Identity", ["grid"], ["x"])], "branch", [], [])


def external(model: ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def sparse(model: ModelProto) -> None:
    model.graph.sparse_initializer.add(dims=[10**9])


def local_function(model: ModelProto) -> None:
    node = helper.make_node("Identity", ["a"], ["b"])
    opsets = [helper.make_opsetid("", 18)]
    model.functions.append(helper.make_function("mine", "Add", ["a"], ["b"], [node], opsets))


def attribute(**fields: object) -> Change:
    def change(model: ModelProto) -> None:
        model.graph.node[0].attribute.append(onnx.AttributeProto(name="extra", **fields))

    return change


def constant(**fields: object) -> Change:
    return lambda model: model.graph.initializer.append(TensorProto(name="extra", **fields))


def ends(which: str, name: str, kind: int, shape: list[int | str | None]) -> Change:
    """Replace the input or output of that name."""

    def change(model: ModelProto) -> None:
        found = getattr(model.graph, which)
        kept = [value for value in found if value.name != name]
        del found[:]
        found.extend([*kept, helper.make_tensor_value_info(name, kind, shape)])

    return change


def opsets(*pairs: tuple[str, int]) -> Change:
    def change(model: ModelProto) -> None:
        del model.opset_import[:]
        model.opset_import.extend(helper.make_opsetid(domain, version) for domain, version in pairs)

    return change


REFUSED: dict[str, tuple[Change, str]] = {
    "an operator that decodes pictures": (
        with_node(helper.make_node("ImageDecoder", ["x"], ["y"])),
        "'ImageDecoder'",
    ),
    "an operator that fills memory": (
        with_node(helper.make_node("ConstantOfShape", ["x"], ["y"])),
        "'ConstantOfShape'",
    ),
    "an operator of a custom domain": (
        with_node(helper.make_node("Run", ["x"], ["y"], domain="com.example")),
        "'Run' of the domain 'com.example'",
    ),
    "a listed operator's name in a custom domain": (
        with_node(helper.make_node("Add", ["x"], ["y"], domain="com.example")),
        "'Add' of the domain 'com.example'",
    ),
    "a listed operator's name in another listed domain": (
        with_node(helper.make_node("Add", ["x"], ["y"], domain="ai.onnx.ml")),
        "'Add' of the domain 'ai.onnx.ml'",
    ),
    "an operator without a name": (with_node(NodeProto(input=["x"], output=["y"])), "the operator ''"),
    "a branch": (
        with_node(helper.make_node("If", ["x"], ["y"], then_branch=branch(), else_branch=branch())),
        "'If'",
    ),
    "a loop": (with_node(helper.make_node("Loop", ["x"], ["y"], body=branch())), "'Loop'"),
    "a sub-graph on a listed operator": (attribute(g=branch()), "a sub-graph in an attribute"),
    "sub-graphs on a listed operator": (attribute(graphs=[branch()]), "sub-graphs in an attribute"),
    "a tensor on a listed operator": (attribute(t=TensorProto()), "a tensor in an attribute"),
    "tensors on a listed operator": (attribute(tensors=[TensorProto()]), "tensors in an attribute"),
    "a reference to an attribute of a function": (attribute(ref_attr_name="x"), "field 21"),
    "a node that names an overload": (
        with_node(NodeProto(op_type="Add", overload="mine")),
        "field 8 of wire type 2 in its node",
    ),
    "a local function": (local_function, "local functions"),
    "training steps": (lambda model: model.training_info.add(), "training steps"),
    "metadata that a runtime may take settings from": (
        lambda model: model.metadata_props.add(key="ort_config", value="{}"),
        "metadata properties",
    ),
    "a constant in another file": (external, "external data"),
    "a constant that only names another file": (
        lambda model: model.graph.initializer[0].external_data.add(key="location", value="x"),
        "external data",
    ),
    "a sparse constant": (sparse, "sparse constants"),
    "a constant larger than its bytes": (
        constant(data_type=TensorProto.FLOAT, dims=[10**6, 10**6], raw_data=b"0000"),
        "larger than the bytes",
    ),
    "a constant of a negative size": (
        constant(data_type=TensorProto.FLOAT, dims=[-1], raw_data=b"0000"),
        "larger than the bytes",
    ),
    "a constant of many dimensions": (
        constant(data_type=TensorProto.FLOAT, dims=[1] * 3, raw_data=b"0000"),
        "more than two dimensions",
    ),
    "a constant of texts": (constant(data_type=TensorProto.STRING, dims=[0]), "data type 8"),
    "a constant without a type": (constant(dims=[0]), "data type None"),
    "a part of a constant": (
        constant(data_type=1, segment=TensorProto.Segment(begin=0, end=1)),
        "field 3 of wire type 2 in its constant",
    ),
    "shapes of values in between": (
        lambda model: model.graph.value_info.add(name="x"),
        "field 13 of wire type 2 in its graph",
    ),
    "an input of another name": (ends("input", "image", TensorProto.FLOAT, [None, 64]), "other inputs"),
    "an input of another width": (ends("input", "grid", TensorProto.FLOAT, [None, 65]), "other inputs"),
    "an input of another rank": (ends("input", "grid", TensorProto.FLOAT, [None, 8, 8]), "other inputs"),
    "an input of one row": (ends("input", "grid", TensorProto.FLOAT, [1, 64]), "other inputs"),
    "an input of texts": (ends("input", "grid", TensorProto.STRING, [None, 64]), "other inputs"),
    "no input": (lambda model: model.graph.ClearField("input"), "other inputs"),
    "an input twice": (lambda model: model.graph.input.append(model.graph.input[0]), "other inputs"),
    "a label of another type": (ends("output", "label", TensorProto.STRING, [None]), "other outputs"),
    "eleven probabilities": (
        ends("output", "probabilities", TensorProto.FLOAT, [None, 11]),
        "other outputs",
    ),
    "a third output": (ends("output", "secret", TensorProto.FLOAT, [None]), "other outputs"),
    "no output": (lambda model: model.graph.ClearField("output"), "other outputs"),
    "a sequence as output": (
        lambda model: model.graph.output[0].type.sequence_type.SetInParent(),
        "field 4 of wire type 2 in its type",
    ),
    "operators of another version": (opsets(("", 17), ("ai.onnx.ml", 1)), "domain '' at version 17"),
    "operators of a custom domain, unused": (
        opsets(("", 18), ("ai.onnx.ml", 1), ("com.example", 1)),
        "domain 'com.example' at version 1",
    ),
    "a domain stated twice": (opsets(("", 18), ("", 18), ("ai.onnx.ml", 1)), "3 operator sets"),
    "a domain left out": (opsets(("", 18)), "1 operator sets"),
    "more nodes than any model needs": (
        lambda model: model.graph.node.extend([model.graph.node[0]] * graph.MAX_NODES),
        "nodes, where at most 10000",
    ),
}


@pytest.mark.parametrize(("change", "words"), REFUSED.values(), ids=REFUSED)
def test_a_foreign_graph_is_refused_by_name(good: bytes, change: Change, words: str) -> None:
    check_graph(good)
    with pytest.raises(TamperedModel) as refusal:
        check_graph(changed(good, change))
    assert words in str(refusal.value)


UNREADABLE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no bytes": (lambda _: b"", "0 operator sets"),
    "a text": (lambda _: b"import os", "field 13 of wire type 1 in its model"),
    "a graph given twice, which readers merge": (lambda good: good + b"\x3a\x00", "'graph' twice"),
    "a field that nobody knows": (lambda good: good + b"\xf2\x06\x00", "field 110"),
    "a field of another wire type": (lambda good: good + b"\x3d0000", "field 7 of wire type 5"),
    "a group, an old wire type": (lambda good: good + b"\x3b\x3c", "field 7 of wire type 3"),
    "an end in the middle of a field": (lambda good: good[:-1], "ends in the middle"),
    "a length past the end": (
        lambda _: b"\x3a\xff\xff\xff\xff\x0f",
        "ends in the middle of its field 'graph'",
    ),
    "a number without an end": (lambda _: b"\x08" + b"\xff" * 10 + b"\x01", "a number without an end"),
    "a cut number": (lambda _: b"\x08\xff", "a number without an end"),
    "more bytes than a model may have": (lambda _: bytes(graph.MAX_MODEL_BYTES + 1), "bytes, where at most"),
}


@pytest.mark.parametrize(("change", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_bytes_without_a_single_reading_are_refused(
    good: bytes, change: Callable[[bytes], bytes], words: str
) -> None:
    with pytest.raises(TamperedModel) as refusal:
        check_graph(change(good))
    assert words in str(refusal.value)


def test_floats_are_skipped_only_as_far_as_they_go(good: bytes) -> None:
    many = onnx.AttributeProto(name="scale", type=onnx.AttributeProto.FLOATS, floats=[0.1] * 1000)

    check_graph(changed(good, lambda model: model.graph.node[0].attribute.append(many)))
    many.graphs.append(branch())  # written after the floats
    with pytest.raises(TamperedModel, match="sub-graphs in an attribute"):
        check_graph(changed(good, lambda model: model.graph.node[0].attribute.append(many)))


def test_what_says_nothing_to_a_runtime_may_be_said(good: bytes) -> None:
    def change(model: ModelProto) -> None:
        model.producer_name = model.producer_version = model.doc_string = model.domain = "somebody"
        model.graph.node[0].name = model.graph.node[0].doc_string = "somebody"

    check_graph(changed(good, change))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_and_nothing_else_is_raised(data: bytes) -> None:
    with pytest.raises(TamperedModel):
        check_graph(data)


@given(data=st.data())
def test_what_passes_is_what_onnx_reads(good: bytes, data: st.DataObject) -> None:
    """Whatever is done to the bytes, the reference reader finds in them only what is on the list."""
    edited = bytearray(good)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(edited)))
        end = data.draw(st.integers(start, min(start + 4, len(edited))))
        edited[start:end] = data.draw(st.binary(max_size=6))
    try:
        check_graph(bytes(edited))
    except TamperedModel:
        return
    model = ModelProto.FromString(bytes(edited))
    assert {node.op_type for node in model.graph.node} <= graph.OPERATORS[""] | graph.OPERATORS["ai.onnx.ml"]
    assert {node.domain for node in model.graph.node} <= set(graph.OPERATORS)
    assert not any(tensor.external_data or tensor.data_location for tensor in model.graph.initializer)
    assert not any(
        value.HasField("g") or value.graphs or value.HasField("t")
        for node in model.graph.node
        for value in node.attribute
    )
    assert [value.name for value in model.graph.input] == ["grid"]
    assert not model.functions
