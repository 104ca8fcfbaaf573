"""The description for programs is the service's: asked at random, it answers as it says."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance
from services import OWNER, Running, running

from digits_nb.service.openapi import describe

if TYPE_CHECKING:
    from digits_nb import ModelStore

REFUSED = {"negative_data_rejection": {"expected-statuses": [400, 404, 405, 413, 415]}}
CONFIG = schemathesis.Config.from_dict({"checks": REFUSED})

description = schemathesis.openapi.from_dict(describe(OWNER), config=CONFIG)
schemathesis.openapi.media_type("application/octet-stream", st.binary(max_size=200))

# a text of the right shape need not be the base64 of a picture, nor bytes a model
EXCEPT = [positive_data_acceptance]

asked: Counter[int] = Counter()


@schemathesis.serializer("application/octet-stream")
def as_it_is(_: schemathesis.SerializationContext, value: object) -> object:
    return value


@pytest.fixture(scope="module")
def service(store: "ModelStore", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(store.path, tmp_path_factory.mktemp("service")) as service:
        yield service


def test_the_service_gives_its_description_to_anybody(service: Running) -> None:
    given = service.ask("GET", "/openapi.json", headers={"Authorization": ""})
    assert given.status == 200
    assert given.json == describe(OWNER)
    assert given.json["openapi"].startswith("3.1")


# not `description.parametrize`, which in several processes finds no operations
BARE = {"GET /healthz", "GET /readyz", "GET /openapi.json"}
"""Those where nothing that is sent could be wrong."""

CASES = [
    pytest.param(operation, mode, id=f"{operation.label}, {mode.value}")
    for operation in (found.ok() for found in description.get_all_operations())
    for mode in schemathesis.GenerationMode
    if mode is schemathesis.GenerationMode.POSITIVE or operation.label not in BARE
]


@pytest.mark.parametrize(("operation", "mode"), CASES)
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_case_is_answered_as_described(
    operation: schemathesis.schemas.APIOperation,
    mode: schemathesis.GenerationMode,
    data: st.DataObject,
    service: Running,
) -> None:
    case = data.draw(operation.as_strategy(generation_mode=mode))
    headers = {"Authorization": f"Bearer {service.key}"}
    response = case.call(base_url=f"http://127.0.0.1:{service.port}", headers=headers)
    asked[response.status_code] += 1
    case.validate_response(response, headers=headers, excluded_checks=EXCEPT)


def test_enough_was_asked_and_nothing_failed_inside() -> None:
    assert asked.total() >= 2000
    assert asked.keys() >= {200, 400, 404}
    assert max(asked) < 500
