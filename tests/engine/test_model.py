"""The service models."""

import re
import subprocess
import sys
import warnings

from tui.engine.model import LATER, OWN, RESOURCE_GROUPS, SSM, TAGGING, load_later, load_models
from tui.engine.scalars import compile_pattern


def test_the_models_hold_awss_operations_and_ours():
    models = load_models()
    send = models[SSM].operations["SendCommand"]
    assert (send.input, send.output) == ("SendCommandRequest", "SendCommandResult")
    assert "InvalidInstanceId" in send.errors
    assert "DescribeEngine" in models[OWN].operations
    assert "DescribeEngine" not in models[SSM].operations


def test_models_of_other_services_are_read_when_they_are_needed():
    assert not LATER.keys() & load_models().keys()
    for service in (RESOURCE_GROUPS, TAGGING):
        assert load_later(service).codes["ValidationException"] in load_later(service).shapes
    untag = load_later(RESOURCE_GROUPS).operations["Untag"]
    assert (untag.method, untag.uri, untag.input) == ("PATCH", "/resources/{Arn}/tags", "UntagInput")
    assert load_later(RESOURCE_GROUPS).operations["PutGroupConfiguration"].status == 202


def test_the_documentation_is_dropped():
    for model in load_models().values():
        for shape in model.shapes.values():
            assert "documentation" not in shape
            assert not any("documentation" in member for member in shape.get("members", {}).values())


def test_every_shape_that_is_named_exists():
    for model in load_models().values():
        for operation in model.operations.values():
            for name in (operation.input, operation.output, *operation.errors):
                assert name is None or name in model.shapes or name == "InternalServerError", (operation.name, name)
        for name, shape in model.shapes.items():
            below = [
                *shape.get("members", {}).values(),
                *(shape[part] for part in ("member", "key", "value") if part in shape),
            ]
            assert all(each["shape"] in model.shapes for each in below), name
            assert set(shape.get("required", ())) <= set(shape.get("members", {})), name


def test_loading_imports_neither_botocore_nor_what_it_needs():
    code = (
        "import sys; from tui.engine.model import load_models; load_models();"
        "print(*{'botocore', 'boto3', 'urllib3', 'regex', 'aiohttp'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_every_pattern_compiles_and_means_what_it_means_in_java():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for model in load_models().values():
            for shape in model.shapes.values():
                if "pattern" in shape:
                    compile_pattern(shape["pattern"])
    tag = compile_pattern(load_models()[SSM].shapes["TagKey"]["pattern"])
    assert tag("Größe: 東京/a-b@c")
    assert not tag("a*b")
    assert not tag("line\n")
    assert compile_pattern(r"\w+")("ü") is None, "Java's \\w is ASCII"
    assert re.fullmatch(r"\w+", "ü")
