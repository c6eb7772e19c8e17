import { COLLECTION_STYLE, EVENT_ID, type Event, getScalarValue, SCALAR_STYLE } from "js-yaml";
import {
  type BuiltDocument,
  type Fault,
  type Frame,
  isMap,
  type Node,
  put,
  spotOf,
  untagged,
  YamlLimit,
  yamlLimits,
} from "./yaml-node.ts";
import { keyText, resolveTagged, type Scalar } from "./yaml-scalar.ts";
import { strictFault } from "./yaml-strict.ts";

/** Builds JSON values from parser events, in one pass, with the place of every key (T-10, T-11). */
export class YamlBuilder {
  readonly faults: Fault[] = [];
  private readonly source: string;
  private readonly frames: Frame[] = [];
  private anchors = new Map<string, Node | "open">();
  private aliases = 0;
  private mergeKeys = 0;
  private last = 0;
  private root: Node | undefined;
  private previous: Event | undefined;
  private readonly isJson: boolean;

  /** `isJson`: the text is a JSON file, in which kubectl knows more escapes. */
  constructor(source: string, isJson: boolean) {
    this.source = source;
    this.isJson = isJson;
  }

  build(events: readonly Event[]): readonly BuiltDocument[] {
    const documents: BuiltDocument[] = [];
    for (const event of events) {
      if (!this.isJson) this.judge(event);
      if (event.type === EVENT_ID.DOCUMENT) this.startDocument();
      else if (event.type === EVENT_ID.POP && this.frames.length === 0) {
        documents.push(this.endDocument());
      } else this.take(event);
    }
    return documents;
  }

  /** What kubectl refuses is refused here too, so that a file means one thing everywhere (T-10). */
  private judge(event: Event): void {
    const { previous, frames } = this;
    const isInFlow = frames.at(-1)?.isFlow === true;
    const found = strictFault(this.source, { event, previous, isInFlow });
    if (found !== undefined) this.faults.push(found);
    this.previous = event;
  }

  private startDocument(): void {
    this.anchors = new Map();
    this.aliases = 0;
    this.root = undefined;
  }

  private endDocument(): BuiltDocument {
    const root = this.root;
    if (root === undefined) return { value: null, spot: { offset: this.last }, nodes: 0 };
    return { value: root.value, spot: spotOf(root), nodes: root.size };
  }

  private take(event: Exclude<Event, { type: typeof EVENT_ID.DOCUMENT }>): void {
    switch (event.type) {
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE:
        this.open(event);
        return;
      case EVENT_ID.SCALAR:
        this.scalar(event);
        return;
      case EVENT_ID.ALIAS:
        this.alias(event);
        return;
      case EVENT_ID.POP:
        this.close();
        return;
    }
  }

  private open(
    event: Extract<Event, { type: typeof EVENT_ID.MAPPING | typeof EVENT_ID.SEQUENCE }>,
  ): void {
    const isMap = event.type === EVENT_ID.MAPPING;
    const tag = this.slice(event.tagStart, event.tagEnd);
    if (tag !== undefined && tag !== "!" && tag !== (isMap ? "!!map" : "!!seq")) {
      this.foreignTag(event.tagStart, tag);
    }
    const anchor = this.slice(event.anchorStart, event.anchorEnd);
    if (anchor !== undefined) this.anchors.set(anchor, "open");
    this.last = event.start;
    this.frames.push({
      kind: isMap ? "map" : "list",
      isFlow: event.style === COLLECTION_STYLE.FLOW,
      offset: event.start,
      anchor,
      entries: {},
      items: [],
      children: new Map(),
      written: new Map(),
      key: undefined,
      size: 1,
      height: 1,
    });
  }

  private close(): void {
    const frame = this.frames.pop();
    if (frame === undefined) return;
    const { offset, children, size, height } = frame;
    const value = frame.kind === "map" ? frame.entries : frame.items;
    const node: Node = { value, offset, children, size, height, key: undefined, isMerge: false };
    if (frame.anchor !== undefined) this.anchors.set(frame.anchor, node);
    this.add(node);
  }

  private scalar(event: ScalarEvent): void {
    const text = getScalarValue(this.source, event);
    const tag = this.slice(event.tagStart, event.tagEnd);
    const isPlain = event.style === SCALAR_STYLE.PLAIN;
    if (event.valueStart >= 0) this.last = event.valueStart - (isQuoted(event) ? 1 : 0);
    const offset = this.last;
    const isMerge = tag === "!!merge" || (tag === undefined && isPlain && text === "<<");
    if (!text.isWellFormed()) this.fault(offset, "half of a surrogate pair is no character");
    const scalar = this.resolved(event, text, isMerge ? undefined : tag);
    const value = scalar.kind === "refused" ? null : scalar.value;
    const node: Node = { value, offset, size: 1, height: 0, key: keyText(scalar), isMerge };
    const anchor = this.slice(event.anchorStart, event.anchorEnd);
    if (anchor !== undefined) this.anchors.set(anchor, node);
    this.add(node);
  }

  private resolved(event: ScalarEvent, text: string, tag: string | undefined): Scalar {
    const plain = untagged(text, event.style === SCALAR_STYLE.PLAIN);
    const scalar = tag === undefined ? plain : resolveTagged(tag, text);
    if (scalar === undefined) this.foreignTag(event.tagStart, tag ?? "");
    else if (scalar.kind === "refused") this.fault(this.last, scalar.why);
    return scalar ?? { kind: "str", value: text };
  }

  private foreignTag(offset: number, tag: string): void {
    this.fault(offset, `the tag ${tag} is not allowed; only the core ones are`);
  }

  private alias(event: Extract<Event, { type: typeof EVENT_ID.ALIAS }>): void {
    const name = this.source.slice(event.anchorStart, event.anchorEnd);
    const offset = event.anchorStart - 1;
    this.last = offset;
    this.aliases += 1;
    if (this.aliases > yamlLimits.aliases) {
      throw new YamlLimit(offset, `more than ${yamlLimits.aliases} aliases in one document`);
    }
    const target = this.anchors.get(name);
    if (target === undefined) throw new YamlLimit(offset, `no anchor &${name} stands before this`);
    if (target === "open") throw new YamlLimit(offset, `*${name} contains itself`);
    if (this.frames.length + target.height > yamlLimits.depth) {
      throw new YamlLimit(offset, `nested deeper than ${yamlLimits.depth}`);
    }
    this.add({ ...target, offset });
  }

  private add(node: Node): void {
    const frame = this.frames.at(-1);
    if (frame === undefined) {
      this.root = node;
      return;
    }
    frame.size += node.size;
    frame.height = Math.max(frame.height, node.height + 1);
    if (frame.size > yamlLimits.nodes) {
      throw new YamlLimit(node.offset, `more than ${yamlLimits.nodes} values in one document`);
    }
    if (frame.kind === "list") {
      frame.children.set(String(frame.items.length), spotOf(node));
      frame.items.push(node.value);
    } else if (frame.key === undefined) frame.key = node;
    else this.pair(frame, frame.key, node);
  }

  private pair(frame: Frame, key: Node, node: Node): void {
    frame.key = undefined;
    if (key.isMerge) {
      this.merge(frame, node);
      return;
    }
    if (key.key === undefined) {
      this.fault(key.offset, "this cannot be a key; write it in quotes if it is text");
      return;
    }
    const first = frame.written.get(key.key);
    if (first !== undefined) {
      this.faults.push({
        offset: key.offset,
        message: `the key "${key.key}" stands here twice`,
        other: first,
      });
      return;
    }
    frame.written.set(key.key, key.offset);
    put(frame, key.key, { value: node.value, spot: { ...spotOf(node), offset: key.offset } });
  }

  /** `<<`: as to kubectl, what a merge brings hides a key written before it, and is hidden by one written after it. */
  private merge(frame: Frame, node: Node): void {
    const sources = Array.isArray(node.value) ? [...node.value].reverse() : [node.value];
    for (const source of sources) {
      if (!isMap(source)) {
        this.fault(node.offset, "<< takes a map or a list of maps");
        return;
      }
      for (const [name, value] of Object.entries(source)) {
        this.mergeKeys += 1;
        if (this.mergeKeys > yamlLimits.mergeKeys) {
          throw new YamlLimit(node.offset, `more than ${yamlLimits.mergeKeys} merged keys`);
        }
        put(frame, name, { value, spot: { offset: node.offset } });
      }
    }
  }

  private fault(offset: number, message: string): void {
    this.faults.push({ offset, message });
  }

  private slice(start: number, end: number): string | undefined {
    return start < 0 ? undefined : this.source.slice(start, end);
  }
}

type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;

function isQuoted({ style }: ScalarEvent): boolean {
  return style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED;
}
