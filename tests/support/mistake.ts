/**
 * A mistake that a user makes, and what Spoor has to say to it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { SpoorOptions, SpoorResult } from "./spoor.ts";
import { type ProjectFiles, tempProject } from "./temp_project.ts";

/** One mistake. */
export interface Mistake {
  /** As the end of a sentence: "a directive that does not exist". */
  name: string;
  files: ProjectFiles;
  /** @default "validate" */
  command?: string;
  /** @default 1 */
  code?: number;
  /** What must be in the output, in any order. */
  says: readonly (string | RegExp)[];
  /** `path:line`, as the line `at …` below the message shows it. */
  at?: string;
  /** In the line `hint: …`. */
  hint?: RegExp;
  /** True: the error is the user's own, or another program's; it is shown as it was thrown. */
  isTheirs?: boolean;
  options?: SpoorOptions;
}

/** Registers one test a mistake. */
export function testMistakes(mistakes: readonly Mistake[]): void {
  for (const mistake of mistakes) {
    Deno.test(`${mistake.name} is explained`, async () => {
      await using project = await tempProject(mistake.files);
      const result = await project.run(mistake.command ?? "validate", mistake.options);
      assertExplained(result, mistake);
    });
  }
}

/** Holds what was printed against what has to be said, and against the way errors are worded. */
export function assertExplained(
  result: SpoorResult,
  expected: Pick<Mistake, "code" | "says" | "at" | "hint" | "isTheirs">,
): void {
  const { output } = result;
  for (const words of expected.says) {
    if (typeof words === "string") {
      assert.ok(output.includes(words), `"${words}" is not in\n${output}`);
    } else assert.match(output, words);
  }
  if (expected.at !== undefined) {
    const place = new RegExp(`\\bat ${RegExp.escape(expected.at)}(?![\\d])`);
    assert.match(output, place);
  }
  if (expected.hint) assert.match(output, new RegExp(`hint: .*${expected.hint.source}`, "i"));
  assertWording(output, expected.isTheirs);
  assert.equal(result.code, expected.code ?? 1, output);
}

/** STYLE.md 4.2: no stack of Spoor's, "Cannot …", and none of the words that scold. */
export function assertWording(output: string, isTheirs = false): void {
  if (!isTheirs) assert.match(output, /\bCannot [a-z]/);
  assert.doesNotMatch(output, /^\s+at (?:async )?(?:[\w.<>]+ )?\(?(?:file|ext|node|data|blob):/m);
  assert.doesNotMatch(output, /\bplease\b|\binvalid\b|\b(?:can't|couldn't|doesn't|isn't)\b/i);
  assert.doesNotMatch(output, /\[object Object\]/);
}
