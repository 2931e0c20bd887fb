"""The ways a job can end other than well.

`InputError` is something the person who gave the input can mend; it becomes exit status 2 and a message on the page.
`Interrupted` is something the machine did to us; the job can be started again. `Cancelled` is what the person asked for.
"""

from __future__ import annotations


class HeadroomError(Exception):
    """Base of every error that is worth showing to a person as it stands."""


class InputError(HeadroomError):
    """Bad input: what is wrong, where, what was expected, what to do.

    `source` is a file name or a field name as the person knows it, `line` counts from 1, `offset` counts bytes from 0.
    """

    def __init__(
        self,
        problem: str,
        *,
        source: str = "",
        line: int | None = None,
        offset: int | None = None,
        expected: str = "",
        remedy: str = "",
    ) -> None:
        self.problem = problem
        self.source = source
        self.line = line
        self.offset = offset
        self.expected = expected
        self.remedy = remedy
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        where = [self.source] if self.source else []
        if self.line is not None:
            where.append(f"line {self.line}")
        if self.offset is not None:
            where.append(f"byte {self.offset}")
        text = f"{', '.join(where)}: {self.problem}" if where else self.problem
        if self.expected:
            text += f" Expected: {self.expected}"
        if self.remedy:
            text += f" {self.remedy}"
        return text


class Interrupted(HeadroomError):
    """The work stopped for a reason outside the input (an engine process died, say); running it again may succeed."""


class Cancelled(HeadroomError):
    """The person asked for the work to stop."""
