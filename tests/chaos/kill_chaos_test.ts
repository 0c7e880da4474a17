/**
 * `kill -9` at random instants, again and again, until a run gets to its end. Counted at the far end: nothing
 * is lost, nothing is marked that did not arrive, and what comes again has the key and the body that it had.
 *
 * `SPOOR_KILLS=1000` kills more often; `SPOOR_SEED=17` draws other instants.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- its figure is to be seen.
import assert from "node:assert/strict";
import { Random } from "../simulation/random.ts";
import { fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { TESTS_BINARY } from "../support/spoor.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";

const KILLS = Number(Deno.env.get("SPOOR_KILLS") ?? (TESTS_BINARY ? 30 : 200));
const SEED = Number(Deno.env.get("SPOOR_SEED") ?? 1);
/** Projects at a time: most of the time goes into starting processes. */
const AT_ONCE = 2;
/** A run that nobody kills in time has done its work; then there is new work. */
const MOST_RUNS_PER_KILL = 4;

interface Form {
  concurrency: number;
  rows: number;
  /** Groups in a request; 1: one by one. */
  batch: number;
}

const FORMS: readonly Form[] = [1, 8, 64].flatMap((concurrency) => [
  { concurrency, rows: concurrency === 1 ? 100 : 300, batch: 1 },
  { concurrency, rows: 300, batch: concurrency === 64 ? 3 : 10 },
]);

Deno.test("killed at random instants, a push loses nothing and marks nothing that did not arrive", async () => {
  console.log(`seed ${SEED}`);
  const share = Math.ceil(KILLS / FORMS.length);
  const waiting = [...FORMS.entries()];
  const histories: Chaos[] = [];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, form] = next;
      const chaos = new Chaos(form, new Random(SEED * 1_000 + index));
      histories.push(chaos);
      await chaos.play(share);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const sum = (count: (chaos: Chaos) => number) =>
    histories.reduce((total, chaos) => total + count(chaos), 0);
  const most = sum(({ kills, form }) => kills * form.concurrency);
  console.log(
    `${sum(({ kills }) => kills)} kills: ${sum(({ lost }) => lost)} lost, ` +
      `${sum(({ wronglyMarked }) => wronglyMarked)} wrongly marked, ` +
      `${sum(({ repeats }) => repeats)} repeats (at most ${most})`,
  );
  for (const { form, kills, lost, wronglyMarked, repeats, otherwise } of histories) {
    const told = JSON.stringify(form);
    assert.deepEqual(otherwise, [], told);
    assert.equal(lost, 0, told);
    assert.equal(wronglyMarked, 0, told);
    assert.ok(repeats <= kills * form.concurrency, `${told}: ${repeats} repeats of ${kills} kills`);
  }
  assert.ok(sum(({ kills }) => kills) >= KILLS);
});

/** One project that is killed often. */
class Chaos {
  kills = 0;
  lost = 0;
  wronglyMarked = 0;
  repeats = 0;
  /** Repeats with another key or another body. */
  readonly otherwise: string[] = [];
  /** Body by key. */
  #bodies = new Map<string, string>();
  /** Groups that arrived, as `id version`, with the key of their request. */
  #arrived = new Map<string, string>();
  #version = 0;
  #onArrival: (() => void) | undefined;

  constructor(readonly form: Form, private readonly random: Random) {}

  async play(kills: number): Promise<void> {
    await using api = await fakeApi((request) => {
      this.#receive(request);
      return { json: {}, delayMs: this.random.between(0, 6) };
    });
    await using project = await tempProject({
      "models/sync/people.ts": modelText(api.host, api.origin, this.form),
    });
    await this.#renew(project);
    for (let runs = 0; this.kills < kills; runs++) {
      assert.ok(runs < kills * MOST_RUNS_PER_KILL, "the runs end before they are killed");
      const isKilled = await this.#runAndKill(project);
      if (isKilled) await this.#checkMarks(project);
      else await this.#renew(project);
      // What was received is counted; the texts are not needed.
      api.clear();
    }
    const last = await project.run("run --json", { timeoutMs: 60_000 });
    assert.equal(last.code, 0, last.output);
    for (let id = 1; id <= this.form.rows; id++) {
      if (!this.#arrived.has(`${id} v${this.#version}`)) this.lost += 1;
    }
    await this.#checkMarks(project);
    assert.equal(project.rows("spoor.accepted.sync.people").length, this.form.rows);
    assert.equal(project.rows("spoor.ledger").length, 0);
  }

  /** Every row changes. */
  async #renew(project: TempProject): Promise<void> {
    this.#version += 1;
    await project.write(
      "models/raw/people.sql",
      `WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${this.form.rows})
       SELECT id, 'v${this.#version}' AS name FROM n`,
    );
  }

  /** @returns Whether it was killed before it ended. */
  async #runAndKill(project: TempProject): Promise<boolean> {
    const running = project.start("run --json");
    const arrival = new Promise<void>((resolve) => this.#onArrival = resolve);
    const isEarly = this.random.chance(0.25);
    const delayMs = isEarly ? this.random.between(60, 700) : this.random.between(0, 250);
    let hasEnded = false;
    const ended = running.result.then(({ code, output }) => {
      hasEnded = true;
      return { code, output };
    });
    if (!isEarly) await Promise.race([arrival, ended]);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const elapsed = new Promise<void>((resolve) => timer = setTimeout(resolve, delayMs));
    await Promise.race([elapsed, ended]);
    clearTimeout(timer);
    if (!hasEnded) running.kill("SIGKILL");
    const { code, output } = await ended;
    if (code === 0) return false;
    assert.ok(code === 137 || code === 9, `the run failed by itself (${code}):\n${output}`);
    this.kills += 1;
    return true;
  }

  #receive({ key = "", body, json }: ReceivedRequest): void {
    this.#onArrival?.();
    const known = this.#bodies.get(key);
    if (known !== undefined) this.repeats += 1;
    if (known !== undefined && known !== body) this.otherwise.push(`${key}: ${known} then ${body}`);
    this.#bodies.set(key, body);
    for (const { id, name } of [json as { id: number; name: string }[]].flat()) {
      const group = `${id} ${name}`;
      const before = this.#arrived.get(group);
      if (before !== undefined && before !== key) {
        this.otherwise.push(`${group} came with the key ${before}, then with ${key}`);
      }
      this.#arrived.set(group, key);
    }
  }

  /** Everything that the state file takes for accepted has arrived. */
  async #checkMarks(project: TempProject): Promise<void> {
    // The run may have died before it made its state file.
    const state = await Deno.stat(project.path(".spoor/spoor.db")).catch(() => undefined);
    if (!state?.size || project.rows(FIND_ACCEPTED).length === 0) return;
    for (const { id, name } of project.rows("spoor.accepted.sync.people")) {
      if (!this.#arrived.has(`${id} ${name}`)) this.wronglyMarked += 1;
    }
  }
}

const FIND_ACCEPTED = `SELECT 1 FROM sqlite_schema WHERE name = 'spoor.accepted.sync.people'`;

function modelText(host: string, origin: string, { concurrency, batch }: Form): string {
  const header = `// @kind: tracked
// @unique_key: id
// @allow_net: ${host}
// @concurrency: ${concurrency}
import { http, query } from "spoor";
const rows = query("SELECT id, name FROM raw.people");
`;
  if (batch === 1) {
    return `${header}await rows.each(async (row) => {
  await http.post("${origin}/people", { json: row });
});
`;
  }
  return `${header}await rows.batches(${batch}, async (groups) => {
  await http.post("${origin}/people", { json: groups.flatMap((group) => group.rows) });
});
`;
}
