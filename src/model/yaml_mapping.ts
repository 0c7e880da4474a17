/**
 * YAML files that are one mapping of keys, with a line for each key.
 *
 * The `yaml` package takes tens of milliseconds to load, so it is given by the caller, who imports
 * it only when there is a file to read.
 *
 * @module
 */
import type { Node } from "yaml";
import { UserError } from "~/base/user_error.ts";

/** What is used of the `yaml` package. */
export type YamlLibrary = typeof import("./yaml_library.ts");

/** Loads the `yaml` package. */
export async function loadYamlLibrary(): Promise<YamlLibrary> {
  return await import("./yaml_library.ts");
}

/** One key of a mapping. */
export interface YamlPair {
  key: string;
  value: YamlValue;
  line: number;
  column: number;
}

/** A value, as far as settings and headers have them. */
export type YamlValue =
  | { type: "scalar"; text: string; line: number; isBlock: boolean }
  | { type: "list"; items: readonly string[] }
  | { type: "mapping"; pairs: readonly YamlPair[] }
  /** Something deeper than any setting or directive goes. */
  | { type: "other" };

/** What a file holds. `pairs` is empty where it has errors. */
export interface YamlMapping {
  pairs: readonly YamlPair[];
  errors: UserError[];
}

/** Reads a file that must be one mapping, or empty. Keys that come twice are kept twice. */
export function readYamlMapping(yaml: YamlLibrary, text: string, path: string): YamlMapping {
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
  });
  const tooDeep = document.errors.find(({ code }) => code === "RESOURCE_EXHAUSTION");
  // What else is found then comes of it.
  const errors = (tooDeep ? [tooDeep] : document.errors).map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    const isMany = error.code === "MULTIPLE_DOCS";
    const state = isMany
      ? 'the file has two parts, with a line "---" between them'
      : error === tooDeep
      ? "it is nested too deeply"
      : error.message.charAt(0).toLowerCase() + error.message.slice(1);
    return new UserError(`Cannot read the YAML: ${state.replace(/\.$/, "")}`, {
      at: { path, line, column: col },
      hint: isMany
        ? `Take the line "---" out, or make two files of it`
        : `Write one "key: value" a line, and indent what belongs to a key by two spaces.`,
    });
  });
  if (errors.length > 0) return { pairs: [], errors };

  const reader = new NodeReader(yaml, (offset) => lines.linePos(offset), document);
  const root = reader.read(document.contents);
  if (root.type === "mapping") return { pairs: root.pairs, errors };
  if (root.type === "scalar" && root.text === "") return { pairs: [], errors };
  const error = new UserError("Cannot read the YAML: it is not a list of keys with values", {
    at: { path, line: 1 },
    hint: `Write one "key: value" a line.`,
  });
  return { pairs: [], errors: [error] };
}

/** No setting and no directive lies deeper. */
const DEEPEST = 8;

/** Turns the nodes of the `yaml` package into plain values with lines. */
class NodeReader {
  constructor(
    private readonly yaml: YamlLibrary,
    private readonly linePos: (offset: number) => { line: number; col: number },
    private readonly document: ReturnType<YamlLibrary["parseDocument"]>,
  ) {}

  /** @param depth How deep it lies; an alias counts too, because it may lead to what it lies in. */
  read(node: unknown, depth = 0): YamlValue {
    if (depth > DEEPEST) return { type: "other" };
    const { isAlias, isScalar, isSeq, isMap } = this.yaml;
    if (node === null || node === undefined) {
      return { type: "scalar", text: "", line: 1, isBlock: false };
    }
    if (isAlias(node)) return this.read(node.resolve(this.document), depth + 1);
    if (isScalar(node)) {
      return {
        type: "scalar",
        text: typeof node.value === "string" ? node.value : node.source ?? "",
        line: this.linePos(node.range?.[0] ?? 0).line,
        isBlock: node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED",
      };
    }
    if (isSeq(node)) return this.readList(node.items, depth);
    if (!isMap(node)) return { type: "other" };
    const pairs = node.items.map((pair) => this.readPair(pair.key as Node, pair.value, depth));
    return { type: "mapping", pairs };
  }

  private readList(nodes: readonly unknown[], depth: number): YamlValue {
    const items: string[] = [];
    for (const node of nodes) {
      const item = this.read(node, depth + 1);
      if (item.type !== "scalar") return { type: "other" };
      items.push(item.text);
    }
    return { type: "list", items };
  }

  private readPair(key: Node, value: unknown, depth: number): YamlPair {
    const name = this.read(key, depth + 1);
    const { line, col } = this.linePos(key.range?.[0] ?? 0);
    const text = name.type === "scalar" ? name.text : "?";
    return { key: text, value: this.read(value, depth + 1), line, column: col };
  }
}
