"""Reads JSON lines {"version": "r4" | "r5", "resource": {...}} and says of each whether fhir.resources takes it."""
import json
import sys

from fhir.resources import get_fhir_model_class as r5
from fhir.resources.R4B import get_fhir_model_class as r4

MODELS = {"r4": r4, "r5": r5}


def resources(resource):
    """What a bundle carries is looked at by itself too: each against its own model."""
    yield resource
    for entry in resource.get("entry", []):
        yield from resources(entry["resource"])


for line in sys.stdin:
    asked = json.loads(line)
    try:
        for resource in resources(asked["resource"]):
            MODELS[asked["version"]](resource["resourceType"]).model_validate_json(json.dumps(resource))
        print("accepted", flush=True)
    except Exception as fault:  # whatever the library finds wrong
        print("rejected", str(fault).replace("\n", " "), flush=True)
