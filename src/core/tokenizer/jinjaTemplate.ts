/**
 * @file The chat template as Jinja, for programs that take it from a model folder's `chat_template.jinja` (transformers, TRL, vLLM).
 *
 * It renders OpenAI chat messages to the letter as `renderTrajectory` renders the trajectory that importing them gives, tools included.
 * `{% generation %}` encloses what the loss counts: an assistant turn behind its marker, with the end token. One key of a message is ours:
 * an assistant message with `raw` reads as that text, which is how turns outside the call grammar travel.
 *
 * Two things keep it simple for every implementation of Jinja: `-` on both sides of all tags, so that the template's own line breaks never
 * show, and `.get` or `in` in front of `[...]`, because Python's Jinja finds the dict's method where a key `items` is missing.
 */
import { MAX_SIGNATURE_DEPTH, TEMPLATE_VERSION } from "./chatTemplate.ts";
import { ROLE_MARKERS } from "./tokenizer.ts";

/** What Jinja, or a tokenizer of others behind it, does otherwise than we do: for the card of an exported model. */
export const TEMPLATE_LIMITS: readonly string[] = [
  "A text that spells a special token is refused by the template: other tokenizers would take it for the token itself and let it forge a turn. Callsmith encodes it as plain text.",
  "Arguments given as objects are written as Python writes JSON, without spaces: 1.0 stays 1.0, where JavaScript writes 1. Arguments given as text stay as they are.",
  "White space in names and descriptions of tools is what Python's str.split() takes for it; Callsmith also counts U+FEFF.",
  "Nothing is cut: a conversation longer than the model's window has to be shortened before.",
];

/**
 * @param endToken      name of the token that starts every example and closes every assistant turn
 * @param specialTokens names that a text must not spell
 */
export function jinjaTemplate(endToken: string, specialTokens: readonly string[]): string {
  const { system, tools, user, assistant, result } = ROLE_MARKERS;
  return `{#- Callsmith's chat template, version ${TEMPLATE_VERSION}. -#}

{%- macro plain(value) -%}
  {#- The text of a message's content; what is no text is written as JSON. -#}
  {%- if value is string -%}
    {%- for token in ${JSON.stringify(specialTokens)} -%}
      {%- if token in value -%}
        {{- raise_exception('A text holds the special token ' ~ token ~ ', which the tokenizer would take for a real one. Remove it.') -}}
      {%- endif -%}
    {%- endfor -%}
    {{- value -}}
  {%- elif value is mapping -%}
    {{- plain(value | tojson(separators=(',', ':'))) -}}
  {%- elif value is not none -%}
    {%- if value | length > 0 and value[0] is mapping and 'text' in value[0] -%}
      {%- for part in value -%}{{- plain(part['text']) -}}{%- endfor -%}
    {%- else -%}
      {{- plain(value | tojson(separators=(',', ':'))) -}}
    {%- endif -%}
  {%- endif -%}
{%- endmacro -%}

{%- macro line(text) -%}
  {{- plain(text.split() | join(' ')) -}}
{%- endmacro -%}

{%- macro literal(value) -%}
  {{- line(value if value is string else value | tojson(separators=(',', ':'))) -}}
{%- endmacro -%}

{%- macro is_list(value) -%}
  {%- if value is iterable and value is not string and value is not mapping -%}yes{%- endif -%}
{%- endmacro -%}

{%- macro literals(values) -%}
  {%- for value in values -%}{{- '' if loop.first else '|' -}}{{- literal(value) -}}{%- endfor -%}
{%- endmacro -%}

{%- macro types(schemas, depth) -%}
  {%- for schema in schemas -%}{{- '' if loop.first else '|' -}}{{- type_of(schema, depth) -}}{%- endfor -%}
{%- endmacro -%}

{%- macro type_of(schema, depth) -%}
  {%- if schema is not mapping -%}
    {{- 'any' -}}
  {%- elif is_list(schema.get('enum')) -%}
    {{- literals(schema['enum']) -}}
  {%- elif 'const' in schema -%}
    {{- literal(schema['const']) -}}
  {%- elif is_list(schema.get('anyOf')) and depth < ${MAX_SIGNATURE_DEPTH} -%}
    {{- types(schema['anyOf'], depth + 1) -}}
  {%- elif is_list(schema.get('oneOf')) and depth < ${MAX_SIGNATURE_DEPTH} -%}
    {{- types(schema['oneOf'], depth + 1) -}}
  {%- elif is_list(schema.get('type')) -%}
    {{- literals(schema['type']) -}}
  {%- elif schema.get('type') == 'array' -%}
    {%- if schema.get('items') is mapping and depth < ${MAX_SIGNATURE_DEPTH} -%}
      {{- type_of(schema['items'], depth + 1) ~ '[]' -}}
    {%- else -%}
      {{- 'array' -}}
    {%- endif -%}
  {%- elif (schema.get('type') == 'object' or 'type' not in schema) and schema.get('properties') is mapping and depth < ${MAX_SIGNATURE_DEPTH} -%}
    {{- '{' ~ parameters(schema, depth + 1) ~ '}' -}}
  {%- elif schema.get('type') is string -%}
    {{- line(schema['type']) -}}
  {%- else -%}
    {{- 'any' -}}
  {%- endif -%}
{%- endmacro -%}

{%- macro parameters(schema, depth) -%}
  {%- if schema.get('properties') is mapping -%}
    {%- set required = schema['required'] if is_list(schema.get('required')) else [] -%}
    {%- for name in schema['properties'] -%}
      {{- '' if loop.first else ', ' -}}
      {{- line(name) ~ (': ' if name in required else '?: ') ~ type_of(schema['properties'][name], depth) -}}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro -%}

{%- macro descriptions(schema, path, depth) -%}
  {%- if schema is mapping and depth <= ${MAX_SIGNATURE_DEPTH} -%}
    {%- if schema.get('type') == 'array' -%}
      {{- descriptions(schema.get('items'), path ~ '[]', depth + 1) -}}
    {%- elif schema.get('properties') is mapping -%}
      {%- for name in schema['properties'] -%}
        {%- set property = schema['properties'][name] -%}
        {%- if property is mapping -%}
          {%- set place = line(name) if path == '' else path ~ '.' ~ line(name) -%}
          {%- set description = line(property['description']) if property.get('description') is string else '' -%}
          {%- set default = '(default ' ~ literal(property['default']) ~ ')' if 'default' in property else '' -%}
          {%- if description or default -%}
            {{- '  ' ~ place ~ ': ' ~ description ~ (' ' if description and default else '') ~ default ~ '\\n' -}}
          {%- endif -%}
          {{- descriptions(property, place, depth + 1) -}}
        {%- endif -%}
      {%- endfor -%}
    {%- endif -%}
  {%- endif -%}
{%- endmacro -%}

{%- macro tool_lines() -%}
  {%- if tools -%}
    {{- '${tools}' -}}
    {%- for tool in tools -%}
      {%- set function = tool['function'] if 'function' in tool else tool -%}
      {%- set schema = function['parameters'] if 'parameters' in function else {} -%}
      {%- set description = line(function['description']) if 'description' in function else '' -%}
      {{- line(function['name']) ~ '(' ~ parameters(schema, 0) ~ ')' ~ (' - ' ~ description if description else '') ~ '\\n' -}}
      {{- descriptions(schema, '', 0) -}}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro -%}

{%- macro assistant_text(message) -%}
  {%- if message.get('raw') is string -%}
    {{- plain(message['raw']) -}}
  {%- else -%}
    {%- set content = plain(message.get('content')) -%}
    {%- set calls = message.get('tool_calls') or ([message['function_call']] if message.get('function_call') else []) -%}
    {%- set thought = content if calls and content else plain(message.get('reasoning_content')) -%}
    {{- 'Thought: ' ~ thought ~ '\\n' if thought else '' -}}
    {%- for call in calls -%}
      {%- set function = call['function'] if 'function' in call else call -%}
      {{- ('' if loop.first else '\\n') ~ 'Action: ' ~ plain(function['name']) ~ '\\nAction Input: ' ~ plain(function['arguments']) -}}
    {%- else -%}
      {{- 'Answer: ' ~ content -}}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro -%}

{{- '${endToken}' -}}
{%- if not messages or messages[0]['role'] not in ['system', 'developer'] -%}{{- tool_lines() -}}{%- endif -%}
{%- for message in messages -%}
  {%- if message['role'] in ['system', 'developer'] -%}
    {{- '${system}' ~ plain(message['content']) -}}
    {%- if loop.first -%}{{- tool_lines() -}}{%- endif -%}
  {%- elif message['role'] == 'user' -%}
    {{- '${user}' ~ plain(message['content']) -}}
  {%- elif message['role'] in ['tool', 'function'] -%}
    {{- '${result}' ~ plain(message['content']) -}}
  {%- elif message['role'] == 'assistant' -%}
    {{- '${assistant}' -}}
    {%- if message.get('weight') == 0 -%}
      {{- assistant_text(message) ~ '${endToken}' -}}
    {%- else -%}
      {%- generation -%}
      {{- assistant_text(message) ~ '${endToken}' -}}
      {%- endgeneration -%}
    {%- endif -%}
  {%- else -%}
    {{- raise_exception('There is no role ' ~ message['role'] ~ '; there are system, user, assistant and tool.') -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '${assistant}' -}}{%- endif -%}
`;
}
