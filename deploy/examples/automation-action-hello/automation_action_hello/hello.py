"""Say hello: the smallest useful action, to start your own from.

Copy this folder, rename three things (the folder, this package, the entry point in
`pyproject.toml`) and write your `run`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.contracts.action import Action, ActionFailed, ActionParams, Context, Outcome
from shared.domain.texts.catalog import Text

UNWANTED = "nobody"


class HelloParams(ActionParams):
    """Becomes the form in the page; what does not fit is refused when the task is saved."""

    name: Annotated[
        str,
        Field(title="Name", description="Who is greeted", min_length=1, max_length=100),
    ]
    times: Annotated[int, Field(title="Times", description="How often", ge=1, le=10)] = 1


class Hello(Action[HelloParams]):
    """Greets somebody in the run's log."""

    name = "hello"
    title = Text("打招呼", "Say hello")
    description = Text("在執行記錄中向某人打招呼。", "Greets somebody in the log of the run.")
    params = HelloParams

    async def run(self, params: HelloParams, context: Context) -> Outcome:
        if params.name == UNWANTED:
            # `permanent`: the same again cannot help. Without it, the run's retry policy decides.
            raise ActionFailed("there is nobody to greet", permanent=True)
        for number in range(1, params.times + 1):
            context.log(f"Hello, {params.name}!")
            # Shown with the run while it goes on (`progress`), so that nobody has to guess.
            context.progress(100 * number / params.times, f"{number} of {params.times}")
        # `context.run_id` is the same in every attempt: pass it on as an idempotency key wherever
        # doing the work twice would hurt.
        return Outcome(f"greeted {params.name}", {"greetings": params.times})
