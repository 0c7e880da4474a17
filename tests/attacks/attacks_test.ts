/**
 * The attacks on the sandbox, each a test of its own, and their sum: `0 of N attacks escaped`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Attack, type AttackGroup, attackId } from "./attack.ts";
import { damage, PROCESS_ENDED, signsOfEscape } from "./judge.ts";
import { attackOnce, HONEST_MODELS, type Outcome } from "./range.ts";
import { codeAttacks, fileAttacks, processAttacks, thrownAttacks } from "./table/host_access.ts";
import { importAttacks } from "./table/imports.ts";
import { networkAttacks } from "./table/network.ts";
import { endlessSql, memoryAttacks, timeAttacks } from "./table/resources.ts";
import {
  databaseAttacks,
  fileApiAttacks,
  messageAttacks,
  secretAttacks,
} from "./table/spoor_api.ts";

/** A model's share of memory, small so that a bomb is soon over. */
const SMALL = "memory_mb: 256\n";

const GROUPS: readonly (AttackGroup & { args?: readonly string[] })[] = [
  { name: "imports", attacks: importAttacks, expect: "refused" },
  { name: "files and by code made at run time", attacks: [...fileAttacks, ...codeAttacks] },
  { name: "the process and by errors", attacks: [...processAttacks, ...thrownAttacks] },
  { name: "the network and secrets", attacks: [...networkAttacks, ...secretAttacks] },
  {
    name: "the database, files and messages",
    attacks: [...databaseAttacks, ...fileApiAttacks, ...messageAttacks],
  },
  { name: "time", attacks: timeAttacks, args: ["run", "--json", "--jobs", "8"] },
  {
    name: "memory",
    attacks: memoryAttacks,
    settings: SMALL,
    args: ["run", "--json", "--jobs", "1"],
  },
];

Deno.test("every attack has a name of its own", () => {
  const ids = GROUPS.flatMap((group) => group.attacks.map(attackId));
  assert.deepEqual(ids.filter((id, index) => ids.indexOf(id) !== index), []);
});

let attacksMade = 0;
const escaped: string[] = [];

function reportEscape(attack: Attack, signs: readonly string[]): void {
  attacksMade++;
  if (signs.length > 0) escaped.push(attack.name);
  assert.deepEqual(signs, [], `escaped: a model that ${attack.name}`);
}

for (const group of GROUPS) {
  let started: Promise<Outcome> | undefined;
  const outcome = () => started ??= attackOnce(group, group.args);

  for (const attack of group.attacks) {
    Deno.test(`no escape for a model that ${attack.name}`, async () => {
      const { evidence } = await outcome();
      reportEscape(attack, signsOfEscape(attack, evidence));
      if (group.expect === "refused") {
        const files = `models/(?:attacks|_lib)/${attackId(attack)}\\.ts:\\d`;
        assert.match(evidence.result.output, new RegExp(files));
        return;
      }
      const end = evidence.ends.get(`attacks.${attackId(attack)}`);
      assert.ok(end, `the run says nothing of it\n${evidence.result.stderr}`);
      if (attack.ends !== "any") assert.equal(end.status, "failed");
      if (attack.says) assert.match(end.text, attack.says);
    });
  }

  Deno.test(`attacks on ${group.name} leave everything else as it was`, async () => {
    const { evidence, before } = await outcome();
    assert.deepEqual(damage(evidence, before), []);
    assert.equal(evidence.result.code, 1, evidence.result.stderr);
    if (group.expect === "refused") {
      assert.equal(evidence.ends.size, 0, "no model may run in a project that was refused");
      return;
    }
    assert.ok(evidence.finished, `the run has no end\n${evidence.result.stderr}`);
    for (const model of HONEST_MODELS) {
      assert.equal(evidence.ends.get(model)?.status, "ok", `${model} is to end well`);
    }
    assert.equal(evidence.rows("good.total")[0]?.["total"], "6");
    assert.equal(evidence.allowed.filter((request) => request.path === "/good").length, 1);
  });
}

Deno.test(`no escape for a model that ${endlessSql.name}: Spoor ends, and says why`, async () => {
  const { evidence } = await attackOnce(
    { name: "endless SQL", attacks: [endlessSql] },
    ["run", "--json"],
  );
  // Nothing interrupts SQLite from JavaScript (nodejs/node#62227), so the run ends with it: whole, and
  // with the model's name. It must not last, and nothing else may have happened.
  const signs = signsOfEscape(endlessSql, evidence).filter((sign) => sign !== PROCESS_ENDED);
  reportEscape(endlessSql, signs);
  assert.equal(evidence.result.code, 1);
  assert.match(evidence.result.output, /model_timeout|2 ?s/);
});

Deno.test("no attack has escaped", () => {
  // deno-lint-ignore no-console -- the figure that this suite is there for.
  console.log(`\n${escaped.length} of ${attacksMade} attacks escaped`);
  assert.ok(attacksMade >= 60, `only ${attacksMade} attacks were made`);
  assert.deepEqual(escaped, []);
});
