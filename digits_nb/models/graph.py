"""What the graph of a model may hold: read from its bytes, before a runtime sees them.

A store may come from anywhere, and ONNX can do more than arithmetic: run operators from a library, read
other files, loop, carry whole functions. So a graph is read here against an allowlist of fields and of
operators, and whatever is not on it is refused, named or unknown alike.

The reading is strict on purpose. An ONNX file is a protocol-buffers message, and readers differ in the
corners: fields given twice, fields they do not know, another wire type. Only what has a single reading
passes, so the runtime cannot find in the file what was not checked. It needs no package: importing `onnx`
takes 0.4 s and building the same message types with `google.protobuf` 0.1 s, longer than answering a query;
this reads the graph of a 2,400-vector SVC in a few milliseconds.
"""

import math
import re
from typing import Any, NamedTuple, NoReturn

from digits_nb.errors import TamperedModel

INPUT = "grid"
LABEL = "label"
PROBABILITIES = "probabilities"
COLUMNS = 64
MAX_INK = 16
"""In a column: a grid counts the ink pixels of 4×4 blocks."""
CLASSES = 10

OPSETS = {"": 18, "ai.onnx.ml": 1}
"""The version of each domain that conversion asks for and a graph must state; a change is a new format."""

OPERATORS = {
    "": {
        "Abs",
        "Add",
        "ArgMax",
        "Cast",
        "Concat",
        "Div",
        "Exp",
        "Identity",
        "Less",
        "MatMul",
        "Mul",
        "Neg",
        "Not",
        "ReduceSum",
        "Relu",
        "Reshape",
        "Sigmoid",
        "Softmax",
        "Sub",
        "Sum",
        "Tanh",
    },
    "ai.onnx.ml": {
        "ArrayFeatureExtractor",
        "LinearClassifier",
        "Normalizer",
        "Scaler",
        "SVMClassifier",
    },
}
"""What skl2onnx writes for scalers, MLPs, logistic regression, SVCs, soft votes and sigmoid calibration."""

MAX_MODEL_BYTES = 32 * 2**20
"""An SVC of 90,000 support vectors; the models of this project are under 2 MiB."""

MAX_NODES = 10_000
"""Six times the nodes of an SVC calibrated on five folds, the most that any of these conversions made."""

# Wire types: https://protobuf.dev/programming-guides/encoding/
_VARINT, _BYTES, _FIXED32 = 0, 2, 5
_MAX_VARINT_BYTES = 10


class _Field(NamedTuple):
    name: str
    wire: int
    repeated: bool = False


_FLOATS = _Field("floats", _FIXED32, repeated=True)
# An SVC has 150,000 of them, each behind its tag (7 << 3 | _FIXED32): one look in place of a turn for each.
_MORE_FLOATS = re.compile(rb"(?s:\x3d.{4})*+")

# Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. What is left out is refused: in
# _REFUSED what a hostile file would use, with its name for the message. `metadata_props` is there because
# onnxruntime can take session options from it (ORT_LOAD_CONFIG_FROM_MODEL).
_MODEL = {
    1: _Field("ir_version", _VARINT),
    2: _Field("producer_name", _BYTES),
    3: _Field("producer_version", _BYTES),
    4: _Field("domain", _BYTES),
    5: _Field("model_version", _VARINT),
    6: _Field("doc_string", _BYTES),
    7: _Field("graph", _BYTES),
    8: _Field("opset_import", _BYTES, repeated=True),
}
_OPSET = {1: _Field("domain", _BYTES), 2: _Field("version", _VARINT)}
_GRAPH = {
    1: _Field("node", _BYTES, repeated=True),
    2: _Field("name", _BYTES),
    5: _Field("initializer", _BYTES, repeated=True),
    10: _Field("doc_string", _BYTES),
    11: _Field("input", _BYTES, repeated=True),
    12: _Field("output", _BYTES, repeated=True),
}
_NODE = {
    1: _Field("input", _BYTES, repeated=True),
    2: _Field("output", _BYTES, repeated=True),
    3: _Field("name", _BYTES),
    4: _Field("op_type", _BYTES),
    5: _Field("attribute", _BYTES, repeated=True),
    6: _Field("doc_string", _BYTES),
    7: _Field("domain", _BYTES),
}
_ATTRIBUTE = {
    1: _Field("name", _BYTES),
    2: _Field("f", _FIXED32),
    3: _Field("i", _VARINT),
    4: _Field("s", _BYTES),
    7: _FLOATS,
    8: _Field("ints", _VARINT, repeated=True),
    13: _Field("doc_string", _BYTES),
    20: _Field("type", _VARINT),
}
_TENSOR = {
    1: _Field("dims", _VARINT, repeated=True),
    2: _Field("data_type", _VARINT),
    4: _Field("float_data", _BYTES),
    5: _Field("int32_data", _BYTES),
    7: _Field("int64_data", _BYTES),
    8: _Field("name", _BYTES),
    9: _Field("raw_data", _BYTES),
    12: _Field("doc_string", _BYTES),
}
_VALUE = {1: _Field("name", _BYTES), 2: _Field("type", _BYTES), 3: _Field("doc_string", _BYTES)}
_TYPE = {1: _Field("tensor_type", _BYTES)}
_TENSOR_TYPE = {1: _Field("elem_type", _VARINT), 2: _Field("shape", _BYTES)}
_SHAPE = {1: _Field("dim", _BYTES, repeated=True)}
_DIMENSION = {1: _Field("dim_value", _VARINT), 2: _Field("dim_param", _BYTES)}

_REFUSED = {
    ("model", 14): "metadata properties",
    ("model", 20): "training steps",
    ("model", 25): "local functions",
    ("graph", 15): "sparse constants",
    ("attribute", 5): "a tensor in an attribute",
    ("attribute", 6): "a sub-graph in an attribute",
    ("attribute", 10): "tensors in an attribute",
    ("attribute", 11): "sub-graphs in an attribute",
    ("constant", 13): "external data",
    ("constant", 14): "external data",
}

# TensorProto.DataType
_FLOAT, _INT32, _INT64 = 1, 6, 7
_MATRIX = 2


def _refuse(thing: str) -> NoReturn:
    msg = (
        f"The model's graph has {thing}, which no model of this project has: do not use this version, "
        "train and save a new one with `python -m digits_nb train`."
    )
    raise TamperedModel(msg)


def check_graph(model: bytes) -> None:
    """Refuse a model that is not plain arithmetic from 64 numbers to ten probabilities.

    What passes can still be wrong or slow; it can do nothing but calculate.

    Parameters
    ----------
    model
        An ONNX file: input `grid` float32 [N, 64]; outputs `label` int64 [N] and `probabilities` float32
        [N, 10]; operators of `OPERATORS` at the versions of `OPSETS`, no sub-graphs or functions, constants
        inside the file.

    Raises
    ------
    TamperedModel
        The bytes are none of that; the message names what was met.
    """
    if len(model) > MAX_MODEL_BYTES:
        _refuse(f"{len(model)} bytes, where at most {MAX_MODEL_BYTES} are read")
    found = _read(model, _MODEL, "model")
    _check_opsets(found)
    graph = _read(found.get("graph", b""), _GRAPH, "graph")
    nodes = graph.get("node", [])
    if len(nodes) > MAX_NODES:
        _refuse(f"{len(nodes)} nodes, where at most {MAX_NODES} are allowed")
    for node in nodes:
        _check_node(node)
    for tensor in graph.get("initializer", []):
        _check_constant(tensor)
    _check_ends("inputs", graph.get("input", []), {INPUT: (_FLOAT, [None, COLUMNS])})
    _check_ends(
        "outputs",
        graph.get("output", []),
        {LABEL: (_INT64, [None]), PROBABILITIES: (_FLOAT, [None, CLASSES])},
    )


def _check_opsets(model: dict[str, Any]) -> None:
    opsets = [_read(opset, _OPSET, "opset") for opset in model.get("opset_import", [])]
    stated = sorted((_text(opset.get("domain")), opset.get("version", 0)) for opset in opsets)
    for domain, version in stated:
        if OPSETS.get(domain) != version:
            _refuse(f"operators of the domain {domain!r} at version {version}")
    if len(stated) != len(OPSETS):
        _refuse(f"{len(stated)} operator sets in place of {len(OPSETS)}")


def _check_node(message: bytes) -> None:
    node = _read(message, _NODE, "node")
    domain, operator = _text(node.get("domain")), _text(node.get("op_type"))
    if operator not in OPERATORS.get(domain, ()):
        _refuse(f"the operator {operator!r}" + (f" of the domain {domain!r}" if domain else ""))
    for attribute in node.get("attribute", []):
        _read(attribute, _ATTRIBUTE, "attribute")


def _check_constant(message: bytes) -> None:
    tensor = _read(message, _TENSOR, "constant")
    if tensor.get("data_type") not in (_FLOAT, _INT32, _INT64):
        _refuse(f"a constant of the data type {tensor.get('data_type')}")
    if len(tensor.get("dims", [])) > _MATRIX:
        _refuse("a constant of more than two dimensions")
    # every element takes a byte or more, so a larger shape is a promise of memory that the file does not hold
    if math.prod(tensor.get("dims", [])) > len(message):
        _refuse("a constant larger than the bytes it is given")


def _check_ends(which: str, messages: list[bytes], expected: dict[str, tuple[int, list[int | None]]]) -> None:
    found = dict(_end(message) for message in messages)
    if found != expected or len(messages) != len(expected):
        _refuse(f"other {which} than " + " and ".join(f"{name!r} of its shape" for name in expected))


def _end(message: bytes) -> tuple[str, tuple[int, list[int | None]]]:
    """Give the name of an input or output, its element type and its shape, a free dimension as None."""
    value = _read(message, _VALUE, "value")
    kind = _read(value.get("type", b""), _TYPE, "type")
    tensor = _read(kind.get("tensor_type", b""), _TENSOR_TYPE, "tensor type")
    shape = _read(tensor.get("shape", b""), _SHAPE, "shape")
    dimensions = [_read(dimension, _DIMENSION, "dimension") for dimension in shape.get("dim", [])]
    return (
        _text(value.get("name")),
        (tensor.get("elem_type", 0), [dimension.get("dim_value") for dimension in dimensions]),
    )


def _read(message: bytes, fields: dict[int, _Field], where: str) -> dict[str, Any]:
    """Read one level of a message: integers and byte strings by name, lists of them for repeated fields."""
    found: dict[str, Any] = {}
    position = 0
    while position < len(message):
        tag, start = _varint(message, position)
        number, wire = tag >> 3, tag & 7
        field = fields.get(number)
        if field is None or field.wire != wire:
            _refuse(_REFUSED.get((where, number), f"field {number} of wire type {wire} in its {where}"))
        value, position = _value(message, start, wire)
        if position > len(message):
            _refuse(f"a {where} that ends in the middle of its field {field.name!r}")
        if not field.repeated and field.name in found:
            _refuse(f"the field {field.name!r} twice in its {where}")
        if field.repeated:
            found.setdefault(field.name, []).append(value)
        else:
            found[field.name] = value
        if field == _FLOATS:
            position = _MORE_FLOATS.match(message, position).end()
    return found


def _value(message: bytes, start: int, wire: int) -> tuple[Any, int]:
    """Give the value that starts there and where it ends; floats are numbers that nothing here looks at."""
    if wire == _VARINT:
        return _varint(message, start)
    if wire == _BYTES:
        size, start = _varint(message, start)
        return message[start : start + size], start + size
    return None, start + 4


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift, byte in enumerate(message[position : position + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:  # noqa: PLR2004  # the high bit says that another byte follows
            return value, position + shift + 1
    _refuse("a number without an end")


def _text(value: bytes | None) -> str:
    return "" if value is None else value[:80].decode("ascii", "backslashreplace")
