"""Scripts of the fake host: text into nodes, and nodes into text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fake_nuke_knobs import knob_from, script_value
from .fake_nuke_nodes import Group, Node
from .fake_nuke_script_text import Statement, statements

if TYPE_CHECKING:
    from .fake_nuke import FakeNuke


def read_script(session: FakeNuke, text: str) -> list[Node]:
    """Makes the nodes of a script's text in the group at hand; returns those of the outer level."""
    stacks: list[list[Node | None]] = [[]]
    variables: dict[str, Node | None] = {}
    made: list[Node] = []
    for statement in statements(text):
        if statement.command == "set":
            variables["$" + statement.words[0]] = stacks[-1][-1]
        elif statement.command == "push":
            stacks[-1].append(variables.get(statement.words[0]))
        elif statement.command == "end_group":
            stacks.pop()
            session.groups.pop()
        elif statement.command != "version":
            node = _read_node(session, statement, stacks[-1])
            made += [node] if len(stacks) == 1 else []
            if isinstance(node, Group) and statement.command == "Group":
                stacks.append([])
                session.groups.append(node)
    return made


def _read_node(session: FakeNuke, statement: Statement, stack: list[Node | None]) -> Node:
    values = dict(statement.knobs)
    if statement.command == "Root":
        node: Node = session.the_root
    else:
        node = session.make(statement.command, values.pop("name", ""))
        count = int(values.pop("inputs", 0 if statement.command in ("Input", "Read") else 1))
        for number in range(count):
            node.setInput(number, stack.pop() if stack else None)
        stack.append(node)
    for user in statement.user_knobs:
        node.add(knob_from(user))
    for name, value in values.items():
        node[name].fromScript(value)
        if name == "file_type" and statement.command == "Write":
            session.knob_changed(node[name])
    return node


def script_lines(group: Group) -> list[str]:
    """A script's text: each node behind those it hangs on."""
    lines: list[str] = []
    written: list[Node] = []

    def put(node: Node) -> None:
        if node in written:
            return
        above = [each for each in node._inputs if each is not None]
        for each in above:
            put(each)
        written.append(node)
        places = [f"push $N{written.index(each)}" if each else "push 0" for each in reversed(node._inputs)]
        lines.extend([*places, *_node_lines(node), f"set N{len(written) - 1} [stack 0]"])

    for node in group.nodes():
        put(node)
    return lines


def _node_lines(node: Node) -> list[str]:
    user = [f" addUserKnob {{{knob.user.text}}}" for knob in node.knobs().values() if knob.user]
    changed = [
        f" {name} {script_value(knob)}"
        for name, knob in node.knobs().items()
        if not knob.is_default() and name not in ("selected", "box")
    ]
    body = [f"{node.Class()} {{", f" inputs {len(node._inputs)}", *user, *changed, "}"]
    if isinstance(node, Group):
        body += [line.replace("$N", "$G").replace("set N", "set G") for line in script_lines(node)] + ["end_group"]
    return body
