/**
 * A short cut past the YAML package for the plainest of files, which most `spoor.yaml` are: loading
 * the package takes longer (30 to 40 ms) than all the rest of a run that has nothing to do.
 *
 * @module
 */
import type { YamlPair } from "~/model/yaml_mapping.ts";

/**
 * Reads a text that has nothing but comments and `word: word` or `word: word-word` lines with no indentation.
 *
 * @returns What the YAML package would find, or `undefined` when the text has anything else.
 */
export function readFlatYaml(text: string): YamlPair[] | undefined {
  const pairs: YamlPair[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const match = /^([a-z_]+): +([A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*)(?: +(?:#.*)?)?$/.exec(line);
    if (!match) return undefined;
    const [, key = "", value = ""] = match;
    pairs.push({
      key,
      value: { type: "scalar", text: value, line: index + 1, isBlock: false },
      line: index + 1,
      column: 1,
    });
  }
  return pairs;
}
