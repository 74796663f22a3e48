/**
 * @file Writes an ONNX model file: the few protobuf messages that a computation graph needs.
 *
 * Written by hand because it is small: protobuf's wire format has three encodings that matter here, and the alternatives bring a schema
 * compiler that evaluates generated code. Field numbers: `onnx/onnx.proto` of the ONNX project, IR version 8.
 */

export const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "string"; readonly value: string };

export interface OnnxNode {
  readonly operation: string;
  /** "" is ONNX's own operator set. */
  readonly domain: "" | "com.microsoft";
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Of a graph's input or output. A string is a size known only when the graph runs. */
export interface OnnxValue {
  readonly name: string;
  readonly elementType: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxConstant {
  readonly name: string;
  readonly elementType: ElementType;
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: readonly OnnxConstant[];
}

const IR_VERSION = 8;
/** The newest set in which ReduceMean and ReduceMax take their axes as attributes and ReduceSum as an input. */
const OPERATOR_SET = 17;

const utf8 = new TextEncoder();

/** One protobuf message under construction. */
class Message {
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  private push(part: Uint8Array): void {
    this.parts.push(part);
    this.size += part.length;
  }

  private varint(value: number): void {
    // two's complement in 64 bits, as protobuf wants negative integers
    let rest = BigInt.asUintN(64, BigInt(value));
    const digits: number[] = [];
    do {
      const low = Number(rest & 127n);
      rest >>= 7n;
      digits.push(rest === 0n ? low : low | 128);
    } while (rest !== 0n);
    this.push(Uint8Array.from(digits));
  }

  int(field: number, value: number): this {
    this.varint(field * 8);
    this.varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.varint(field * 8 + 5);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.push(bytes);
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.varint(field * 8 + 2);
    this.varint(value.length);
    this.push(value);
    return this;
  }

  string(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  message(field: number, value: Message): this {
    this.varint(field * 8 + 2);
    this.varint(value.size);
    for (const part of value.parts) this.push(part);
    return this;
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.size);
    let offset = 0;
    for (const part of this.parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }
}

/** `AttributeProto`: name 1, f 2, i 3, s 4, ints 8, type 20 (FLOAT 1, INT 2, STRING 3, INTS 7). */
function attributeMessage(name: string, attribute: Attribute): Message {
  const message = new Message().string(1, name);
  switch (attribute.kind) {
    case "float":
      return message.float(2, attribute.value).int(20, 1);
    case "int":
      return message.int(3, attribute.value).int(20, 2);
    case "string":
      return message.string(4, attribute.value).int(20, 3);
    case "ints":
      for (const value of attribute.value) message.int(8, value);
      return message.int(20, 7);
  }
}

/** `NodeProto`: input 1, output 2, op_type 4, attribute 5, domain 7. */
function nodeMessage(node: OnnxNode): Message {
  const message = new Message();
  for (const name of node.inputs) message.string(1, name);
  for (const name of node.outputs) message.string(2, name);
  message.string(4, node.operation);
  for (const [name, attribute] of Object.entries(node.attributes)) message.message(5, attributeMessage(name, attribute));
  return node.domain === "" ? message : message.string(7, node.domain);
}

/** `ValueInfoProto`: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1 | dim_param 2 } } } }. */
function valueMessage(value: OnnxValue): Message {
  const shape = new Message();
  for (const size of value.shape) {
    shape.message(1, typeof size === "number" ? new Message().int(1, size) : new Message().string(2, size));
  }
  const tensorType = new Message().int(1, ELEMENT_TYPES[value.elementType]).message(2, shape);
  return new Message().string(1, value.name).message(2, new Message().message(1, tensorType));
}

/** `TensorProto`: dims 1, data_type 2, name 8, raw_data 9. */
function constantMessage(constant: OnnxConstant): Message {
  const message = new Message();
  for (const size of constant.shape) message.int(1, size);
  return message.int(2, ELEMENT_TYPES[constant.elementType]).string(8, constant.name).bytes(9, constant.bytes);
}

/** `ModelProto`: ir_version 1, graph 7 { node 1, name 2, initializer 5, input 11, output 12 }, opset_import 8 { domain 1, version 2 }. */
export function encodeOnnxModel(graph: OnnxGraph): Uint8Array {
  const body = new Message();
  for (const node of graph.nodes) body.message(1, nodeMessage(node));
  body.string(2, "callsmith");
  for (const constant of graph.constants) body.message(5, constantMessage(constant));
  for (const input of graph.inputs) body.message(11, valueMessage(input));
  for (const output of graph.outputs) body.message(12, valueMessage(output));
  return new Message()
    .int(1, IR_VERSION)
    .message(7, body)
    .message(8, new Message().int(2, OPERATOR_SET))
    .message(8, new Message().string(1, "com.microsoft").int(2, 1))
    .finish();
}
