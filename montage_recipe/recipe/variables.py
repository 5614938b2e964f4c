"""`${name}`: variables, put into every value before it is looked at.

A value that is nothing but a variable takes the variable's own type; inside a longer text it becomes text. `$${` stands
for `${`. Variables hold single values and do not refer to each other, so there is no order and no cycle.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from montage_recipe.diagnostics import Diagnostic, RecipePath
from montage_recipe.recipe.nodes import Scalar
from montage_recipe.suggest import did_you_mean
from montage_recipe.wording import named

# Characters of all texts that variables were put into. Variables in long texts multiply: a recipe of 1 MiB could become one
# of many GiB.
LARGEST = 4 * 1024 * 1024

_USE = re.compile(r"\$\$\{|\$\{(?P<name>[^{}\n]*)\}|(?P<broken>\$\{)")


@dataclass(slots=True)
class Substitution:
    """The variables of one output, and what was met while putting them in."""

    variables: Mapping[str, object]
    used: set[str] = field(default_factory=set)
    faults: list[Diagnostic] = field(default_factory=list)
    size: int = 0  # characters made so far

    def into(self, data: object, path: RecipePath = ()) -> object:
        """A copy of `data` with every variable replaced. Values of a `vars:` mapping stay as they are."""
        match data:
            case str() if "${" in data:
                return self._text(data, path)
            case dict():
                return {name: self._entry(name, value, path) for name, value in data.items()}
            case list():
                return [self.into(item, (*path, index)) for index, item in enumerate(data)]
            case _:
                return data

    def _entry(self, name: str, value: object, path: RecipePath) -> object:
        if name == "vars" and (not path or path[0] == "outputs"):
            return self._own_values(value, (*path, name))
        return self.into(value, (*path, name))

    def _own_values(self, variables: object, path: RecipePath) -> object:
        for name, value in variables.items() if isinstance(variables, dict) else ():
            if isinstance(value, str) and "${" in value.replace("$${", ""):
                hint = "write the text itself; variables do not refer to each other"
                self._fault("variable-in-variable", f"the variable `{name}` holds a variable", hint, (*path, name))
        return variables

    def _text(self, text: str, path: RecipePath) -> object:
        whole = _USE.fullmatch(text)
        if whole and whole["name"] is not None:
            return self._value(whole["name"], path)
        if self.size > LARGEST:
            return text
        made = _USE.sub(lambda use: self._part(use, path), text)
        self.size += len(made)
        if self.size > LARGEST:
            hint = "use shorter variables, or fewer of them in one text"
            self._fault("too-large", f"variables make more than {LARGEST >> 20} MiB of text of the recipe", hint, path)
        return made

    def _part(self, use: re.Match[str], path: RecipePath) -> str:
        if use["broken"]:
            hint = "close it with `}`, or write `$${` for the characters themselves"
            self._fault("variable-syntax", "a variable begins with `${` and does not end", hint, path)
            return use[0]
        if use["name"] is None:
            return "${"
        value = self._value(use["name"], path)
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _value(self, written: str, path: RecipePath) -> Scalar:
        name = written.strip()
        value = self.variables.get(name)
        if isinstance(value, str | int | float | bool):
            self.used.add(name)
            return value.replace("$${", "${") if isinstance(value, str) else value
        if name not in self.variables:
            known = [str(variable) for variable in self.variables]
            cure = named("variable", known) if known else f"add `vars: {{{name}: …}}` to the recipe"
            self._fault(
                "unknown-variable", f"there is no variable `{name}`", did_you_mean(name, self.variables) or cure, path
            )
        return "${" + written + "}"

    def _fault(self, code: str, message: str, hint: str, path: RecipePath) -> None:
        fault = Diagnostic(code=code, message=message, hint=hint, path=path)
        if fault not in self.faults[-1:]:  # once for a text that has it a thousand times
            self.faults.append(fault)
