"""Query parameters, read by the letter.

The framework takes the last of two equal parameters and reads `1_000`, `+5` and ` 5` as numbers.
Here a parameter that a route knows may stand once, and a number is one to nine digits. Parameters
that a route does not know are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi import Request
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant

from services.api.wire.problems import Refused
from shared.domain.errors import Problem

_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_NUMBERS = (int, "int")


def refuse_odd_query(request: Request) -> None:
    """Look at the parameters that the route of *request* declares.

    Raises:
        Refused: 400, naming each that cannot be read.
    """
    given = request.query_params.multi_items()
    if not given:
        return
    problems: list[Problem] = []
    for parameter in _declared(request.scope["route"].dependant):
        values = [value for name, value in given if name == parameter.alias]
        pointer = f"/query/{parameter.alias}"
        if len(values) > 1:
            problems.append(Problem(pointer, "query.repeated"))
        elif values and parameter.field_info.annotation in _NUMBERS:
            if not _NUMBER.fullmatch(values[0]):
                problems.append(Problem(pointer, "query.integer"))
        elif values and "\x00" in values[0]:
            problems.append(Problem(pointer, "query.invalid"))
    if problems:
        raise Refused(400, "query.invalid", problems=problems)


def _declared(dependant: Dependant) -> Iterator[ModelField]:
    """Yield the parameters of a route, and those that its dependencies read for it."""
    yield from dependant.query_params
    for each in dependant.dependencies:
        yield from _declared(each)
