"""Renders a chat template with Python's Jinja2 as transformers does, and says where its generation blocks lie.

Reads {"template": text, "conversations": [{"messages": [...], "tools": [...]}]} from standard input; writes, for each conversation,
{"text": text, "spans": [[start, end], ...]} or {"error": text} as a list. Positions count code points. The environment is that of
transformers' utils/chat_template_utils.py: sandboxed and immutable, blocks trimmed, its `tojson`, `raise_exception` and generation tag.
"""

import json
import sys

import jinja2
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment


class GenerationBlocks(Extension):
    """`{% generation %}...{% endgeneration %}` prints what it holds, between two characters that no JSON text holds unescaped."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("mark"), [], [], body).set_lineno(line)

    def mark(self, caller):
        return f"\0{caller()}\1"


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def render(template, conversation):
    try:
        marked = template.render(messages=conversation["messages"], tools=conversation.get("tools"), add_generation_prompt=False)
    except jinja2.exceptions.TemplateError as error:
        return {"error": str(error)}
    text, spans = "", []
    for piece in marked.split("\0"):
        inside, _, after = piece.rpartition("\1")
        if inside:
            spans.append([len(text), len(text) + len(inside)])
        text += inside + after
    return {"text": text, "spans": spans}


request = json.load(sys.stdin)
environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[GenerationBlocks, "jinja2.ext.loopcontrols"])
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception
template = environment.from_string(request["template"])
json.dump([render(template, conversation) for conversation in request["conversations"]], sys.stdout)
