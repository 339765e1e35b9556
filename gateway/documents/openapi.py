"""`/openapi.json`: OpenAPI 3.1 inside the limits of the strictest reader, GPT Actions."""

from typing import Any

from apispec import APISpec

from ..declaration import PATH_NAME, Declaration, Kind, Operation, camel_case
from ..envelope import Problem
from .descriptions import IN_OPENAPI, description
from .parameters import body_fields, parameters
from .responses import responses
from .schemas import OPENAPI_VERSION, AnswerSchemas, ComponentNames, arguments_schema
from .security import security, security_schemes

VERSION = "1.0.0"  # a plugin has no version of its own
ORDER = ("openapi", "info", "servers", "paths", "components")  # as people read it


def openapi(declaration: Declaration, base: str) -> dict[str, Any]:
    """The description of the plugin whose absolute address is `base`, no slash at the end."""
    names = ComponentNames()
    spec = APISpec(
        declaration.title,
        VERSION,
        OPENAPI_VERSION,
        plugins=[AnswerSchemas(names.of_schema)],
        info=_info(declaration),
        servers=[{"url": base}],
    )
    spec.components.schema(names.claim("Problem"), schema=Problem)
    for name, scheme in security_schemes(declaration, base).items():
        spec.components.security_scheme(name, scheme)
    for operation in declaration.operations:
        _add(operation, spec, names)
    document = spec.to_dict()
    return {part: document[part] for part in ORDER}


def _info(declaration: Declaration) -> dict[str, str]:
    return {
        "title": declaration.title,
        "summary": declaration.summary,
        "description": declaration.instructions,
        "version": VERSION,
    }


def _add(operation: Operation, spec: APISpec, names: ComponentNames) -> None:
    described = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": description(operation, IN_OPENAPI),
        # The call that asks as well as the one that relays a yes: what a client shows before it sends
        # them is all that its user sees which no model has told. Asked twice is better than not at all.
        "x-openai-isConsequential": operation.kind is not Kind.QUERY,
        "security": security(operation),
        "parameters": parameters(operation),
        **_request_body(operation, spec, names),
        "responses": responses(operation),
    }
    path = PATH_NAME.sub(r"{\1}", operation.path)
    spec.path(path, operations={operation.method.lower(): described})


def _request_body(operation: Operation, spec: APISpec, names: ComponentNames) -> dict[str, Any]:
    if operation.kind is Kind.QUERY:
        return {}
    schema = arguments_schema(body_fields(operation))
    name = names.claim(f"{camel_case(operation.name)}Request")
    spec.components.schema(name, schema)
    content = {"application/json": {"schema": spec.components.get_ref("schema", name)}}
    return {"requestBody": {"required": "required" in schema, "content": content}}
