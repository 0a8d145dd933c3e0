"""Every object of every rendering is one that Kubernetes takes, as its own schemas and those of the CRDs say; nothing unknown passes."""

import functools
import json

import jsonschema
import kubernetes_validate
import kubernetes_validate.utils
import pytest
import yaml

from helm import TOOLS, Loader
from matrix import renderings

VERSIONS = ["1.32", "1.34", "1.36"]
# Read from disk once, not for each object.
kubernetes_validate.utils.schema_contents = functools.cache(kubernetes_validate.utils.schema_contents)


@functools.cache
def objects() -> dict[str, tuple[str, dict]]:
    """Each different object once, with a rendering it stands in."""
    return {json.dumps(thing, sort_keys=True): (rendering.name, thing) for rendering in renderings() for thing in rendering.objects}


def closed(schema: dict) -> dict:
    """A CRD's schema as the API server reads it with strict validation: what it does not know is wrong."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    out = {key: closed(value) for key, value in schema.items() if key not in ("format", "x-kubernetes-validations")}
    if "properties" in schema and isinstance(schema["properties"], dict) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        out.setdefault("additionalProperties", False)
    return out


@functools.cache
def custom() -> dict[tuple[str, str], dict]:
    """Schemas by apiVersion and kind: of the CRDs that their projects publish, and ours for CloudNativePG."""
    found = {}
    for file in [*sorted((TOOLS / "crds").glob("*.yaml")), *sorted((TOOLS.parents[1] / "tests/charts/crds").glob("*.yaml"))]:
        for crd in yaml.load_all(file.read_text(), Loader):
            spec = crd["spec"]
            for version in spec["versions"]:
                schema = closed(version["schema"]["openAPIV3Schema"])
                schema["properties"]["metadata"] = {"type": "object"}
                found[(f"{spec['group']}/{version['name']}", spec["names"]["kind"])] = schema
    return found


def is_custom(thing: dict) -> bool:
    return thing["apiVersion"].split("/")[0] in {api.split("/")[0] for api, _ in custom()}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_one_that_kubernetes_takes(version: str) -> None:
    wrong = []
    for name, thing in objects().values():
        if is_custom(thing):
            continue
        try:
            assert kubernetes_validate.validate(thing, version, strict=True) == version
        except kubernetes_validate.ValidationError as error:
            wrong.append(f"{name}: {thing['kind']}/{thing['metadata']['name']}: {error.message} at {list(error.path)}")
    assert not wrong, "\n".join(wrong)


def test_every_custom_object_is_one_that_its_operator_takes() -> None:
    wrong = []
    kinds = set()
    for name, thing in objects().values():
        if not is_custom(thing):
            continue
        kind = (thing["apiVersion"], thing["kind"])
        kinds.add(kind)
        assert kind in custom(), f"{kind} has no schema; add its CRD to tools.sh"
        for error in jsonschema.Draft202012Validator(custom()[kind]).iter_errors(thing):
            wrong.append(f"{name}: {thing['kind']}/{thing['metadata']['name']}: {error.message} at {list(error.path)}")
    assert not wrong, "\n".join(wrong)
    assert kinds


def test_an_unknown_field_is_found() -> None:
    """The check itself can fail."""
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(service, VERSIONS[0], strict=True)
    certificate = {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {}, "spec": {"secretNam": "x"}}
    errors = jsonschema.Draft202012Validator(custom()[("cert-manager.io/v1", "Certificate")]).iter_errors(certificate)
    assert any("secretNam" in error.message for error in errors)
