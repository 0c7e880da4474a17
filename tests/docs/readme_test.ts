/**
 * The README names what there is: commands, directives, tasks and files.
 *
 * @module
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { queryCommand } from "~/cli/commands/query.ts";
import { COMMANDS } from "~/cli/commands/registry.ts";
import { LEDGER_STATES } from "~/delivery/earlier_try.ts";
import { DIRECTIVE_NAMES } from "~/model/directives.ts";
import { KIND_NAMES } from "~/model/model.ts";
import { NOT_BUILT_YET } from "~/model/not_built_yet.ts";
import { MIGRATIONS } from "~/store/schema.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const README = await Deno.readTextFile(`${ROOT}README.md`);
const COMMAND_NAMES = Object.keys(COMMANDS);

Deno.test("README lists every command, and none that does not exist", () => {
  assert.deepEqual(firstCells("Commands", /^`spoor ([a-z]+)/), COMMAND_NAMES.toSorted());
});

Deno.test("README lists every directive, and none that does not exist", () => {
  assert.deepEqual(firstCells("Directives", /^`@([a-z_]+)`/), DIRECTIVE_NAMES.toSorted());
});

Deno.test("README names every state that a group can have that is not accepted", () => {
  const [, states = ""] = /has one state:\s([^.]*)\./.exec(README) ?? [];

  const named = ["pending", ...LEDGER_STATES].map((state) => state === "sent" ? "out" : state);
  assert.deepEqual(named.filter((state) => !new RegExp(`\\b${state}\\b`).test(states)), []);
});

Deno.test("README names no command that does not exist", () => {
  const named = codeIn(README).flatMap((code) => matches(code, /(?:^|&& )spoor ([a-z]+)/gm));

  assert.ok(named.length > 0);
  assert.deepEqual(named.filter((name) => !COMMAND_NAMES.includes(name)), []);
});

Deno.test("the help of query names every view that Spoor has for people", () => {
  using db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  const views = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'").all();
  const { details = "" } = queryCommand;

  const missing = views.map(({ name }) => String(name)).filter((name) => !details.includes(name));
  assert.ok(views.length > 0);
  assert.deepEqual(missing, []);
});

Deno.test("README calls unbuilt what the program does, and nothing that exists", () => {
  const [, rest = ""] = README.split("\n## What is not built yet\n");
  const points = rest.split("\n## ", 1).join("").split("\n- ");
  const { command, kind, directive } = NOT_BUILT_YET;

  for (const [what, names] of [["commands", command], ["kinds", kind]] as const) {
    const unbuilt = points.find((point) => point.startsWith(`the ${what} `)) ?? "";
    assert.deepEqual(matches(unbuilt, /`([a-z0-9]+)`/g).sort(), names.toSorted());
  }
  const there = [...COMMAND_NAMES, ...KIND_NAMES, ...DIRECTIVE_NAMES];
  assert.deepEqual([...command, ...kind, ...directive].filter((one) => there.includes(one)), []);
});

Deno.test("README names no directive that does not exist", () => {
  const named = codeIn(README).flatMap((code) => matches(code, /(?<![\w])@([a-z_]+)(?=[:`]|$)/gm));

  assert.ok(named.length > 0);
  assert.deepEqual(named.filter((name) => !DIRECTIVE_NAMES.includes(name)), []);
});

Deno.test("README names no task that deno.json does not have", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const named = matches(README, /\btask ([a-z]+)/g);

  assert.ok(named.includes("run") && named.includes("test"));
  assert.deepEqual(named.filter((name) => !(name in tasks)), []);
});

Deno.test("README names no file that is not there", async () => {
  const links = matches(README, /\]\((?!https?:)([^)]+)\)/g);

  assert.ok(links.length > 0);
  for (const link of links) await Deno.stat(ROOT + link);
});

/** What a pattern finds in the first cells of the tables of a section, sorted, each once. */
function firstCells(section: string, pattern: RegExp): string[] {
  const [, rest = ""] = README.split(`\n## ${section}\n`);
  const [body = ""] = rest.split("\n## ");
  const cells = matches(body, /^\| (.+?) \|/gm);
  return [...new Set(cells.flatMap((cell) => pattern.exec(cell)?.[1] ?? []))].toSorted();
}

/** Fenced blocks and inline code. */
function codeIn(text: string): string[] {
  const fences = matches(text, /^```\w*\n([\s\S]*?)^```$/gm);
  const inline = matches(text.replaceAll(/^```[\s\S]*?^```$/gm, ""), /`([^`\n]+)`/g);
  return [...fences, ...inline];
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? "");
}
