/**
 * Random histories with the real program and a real server: edits, faults, kills, stops, retries by the next
 * run; in the end the far side has what the source has.
 *
 * `SPOOR_HISTORIES=100` plays more; `SPOOR_SEED=17` plays one.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- its figure is to be seen.
import assert from "node:assert/strict";
import { type Answer, type FakeApi, fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { TESTS_BINARY } from "../support/spoor.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { Random } from "./random.ts";

const HISTORIES = Number(Deno.env.get("SPOOR_HISTORIES") ?? (TESTS_BINARY ? 4 : 10));
const ONE = Deno.env.get("SPOOR_SEED");
/** Most of the time goes into starting processes. */
const AT_ONCE = 2;
/** With no faults, a history comes to rest in fewer runs. */
const MOST_LAST_RUNS = 5;

Deno.test("whatever happens to its runs, in the end the far side has what the source has", async () => {
  const seeds = ONE === undefined
    ? Array.from({ length: HISTORIES }, (_, index) => index + 1)
    : [Number(ONE)];
  const sums = { requests: 0, kills: 0 };
  const wrong: string[] = [];
  const waiting = [...seeds];
  const lane = async () => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
      const history = new History(new Random(seed));
      try {
        await history.play();
      } catch (error) {
        wrong.push(`seed ${seed}: ${error instanceof Error ? error.stack : error}
${history.story.join("\n")}`);
      }
      sums.requests += history.requests;
      sums.kills += history.kills;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  for (const each of wrong) console.log(each);
  console.log(
    `${seeds.length} histories, ${sums.requests} requests, ${sums.kills} kills: ${wrong.length} wrong`,
  );
  assert.equal(wrong.length, 0);
});

/** One history, and the server's side of it. */
class History {
  requests = 0;
  kills = 0;
  readonly story: string[] = [];
  readonly #concurrency: number;
  readonly #size: number;
  #source = new Map<number, string>();
  /** What the far side holds. */
  #held = new Map<number, string>();
  /** What it has done, by key. */
  #done = new Map<string, string>();
  #faults = 0;
  /** Groups that it may hold although they were never accepted: a try of theirs had no good end. */
  #doubtful = new Set<number>();

  constructor(private readonly random: Random) {
    this.#concurrency = random.pick([1, 4, 16]);
    this.#size = random.pick([6, 40]);
  }

  async play(): Promise<void> {
    await using api = await fakeApi((request) => this.#answer(request));
    await using project = await tempProject({
      "models/sync/people.ts": modelText(api.host, api.origin, this.#concurrency),
    });
    this.#edit(this.#size);
    for (let runs = this.random.between(2, 4); runs > 0; runs--) {
      await this.#runBadly(project, api);
      this.#edit(this.random.between(1, 8));
    }
    this.#faults = 0;
    await this.#comeToRest(project);
    const wanted = [...this.#source].filter(([, name]) => !isRefused(name));
    const held = [...this.#held].filter(([id]) =>
      !isRefused(this.#source.get(id) ?? "") && (this.#source.has(id) || !this.#doubtful.has(id))
    );
    assert.deepEqual(held.toSorted(byId), wanted.toSorted(byId));
    await this.#checkMarks(project);
  }

  /** A request as the far side treats it: by its key, once. */
  #answer({ method, path, key = "", json }: ReceivedRequest): Answer {
    this.requests += 1;
    const id = Number(path.split("/").at(-1));
    const name = method === "DELETE" ? "" : String((json as { name: string }).name);
    const fault = this.random.chance(this.#faults)
      ? this.random.pick<Fault>(["failed before", "failed after", "lost before", "lost after"])
      : undefined;
    this.#doubtful.add(id);
    if (fault === "failed before") return { status: 503 };
    if (fault === "lost before") return { drop: true };
    if (isRefused(name)) return { status: 422, json: { error: "refused" } };
    const text = `${method} ${id} ${name}`;
    const known = this.#done.get(key);
    assert.ok(known === undefined || known === text, `${key} came for ${known} and for ${text}`);
    if (known === undefined) {
      this.#done.set(key, text);
      if (method === "DELETE") this.#held.delete(id);
      else this.#held.set(id, name);
    }
    if (fault === "failed after") return { status: 500 };
    if (fault === "lost after") return { drop: true };
    return { json: {}, delayMs: this.random.between(0, 5) };
  }

  #edit(edits: number): void {
    for (let i = 0; i < edits; i++) {
      const id = this.random.between(1, this.#size);
      const kind = this.random.chance(0.08) ? "refused" : "fit";
      if (this.random.chance(0.15)) this.#source.delete(id);
      else this.#source.set(id, `${kind} ${this.random.between(0, 3)}`);
    }
    this.story.push(`source ${JSON.stringify([...this.#source])}`);
  }

  async #runBadly(project: TempProject, api: FakeApi): Promise<void> {
    this.#faults = this.random.pick([0, 0.1, 0.4]);
    await this.#writeSource(project);
    const isKilled = this.random.chance(0.6);
    if (!isKilled) {
      const { code } = await project.run("run --json --allow-removed");
      this.story.push(`run with ${this.#faults} faults ended with ${code}`);
      return await this.#checkMarks(project);
    }
    const running = project.start("run --json --allow-removed");
    const before = this.requests;
    const most = this.random.between(1, this.#size);
    const isOut = await Promise.race([
      api.received(api.requests.length + most).then(() => true),
      running.result.then(() => false),
    ]);
    running.kill("SIGKILL");
    if (isOut) this.kills += 1;
    await running.result;
    this.story.push(`run killed after ${this.requests - before} requests`);
    await this.#checkMarks(project);
  }

  /** No faults, until nothing is left to send. */
  async #comeToRest(project: TempProject): Promise<void> {
    await this.#writeSource(project);
    for (let left = MOST_LAST_RUNS; left > 0; left--) {
      const before = this.requests;
      const { code, output } = await project.run("run --json --allow-removed");
      this.story.push(`last run: ${this.requests - before} requests, exit code ${code}`);
      if (this.requests === before) {
        assert.equal(code, 0, output);
        return;
      }
    }
    throw new Error("The runs do not come to rest");
  }

  async #writeSource(project: TempProject): Promise<void> {
    const rows = [...this.#source].map(([id, name]) => `(${id}, '${name}')`);
    const values = rows.length > 0 ? `VALUES ${rows.join(", ")}` : "SELECT NULL, NULL WHERE 0";
    await project.write(
      "models/raw/people.sql",
      `WITH people(id, name) AS (${values}) SELECT id, name FROM people`,
    );
  }

  /** What is marked as accepted, and nothing is known against it, the far side has. */
  async #checkMarks(project: TempProject): Promise<void> {
    const state = await Deno.stat(project.path(".spoor/spoor.db")).catch(() => undefined);
    if (!state?.size || project.rows(FIND_ACCEPTED).length === 0) return;
    const open = new Set(project.rows("spoor.ledger").map((row) => String(row.group_key)));
    for (
      const { id, name, _spoor_columns: columns } of project.rows("spoor.accepted.sync.people")
    ) {
      if (Number(columns) <= 0 || open.has(`[${id}]`)) continue;
      assert.equal(this.#held.get(Number(id)), name, `group ${id} is marked as ${name}`);
    }
  }
}

type Fault = "failed before" | "failed after" | "lost before" | "lost after";

const FIND_ACCEPTED = `SELECT 1 FROM sqlite_schema WHERE name = 'spoor.accepted.sync.people'`;

function isRefused(name: string): boolean {
  return name.startsWith("refused");
}

function byId([a]: readonly [number, string], [b]: readonly [number, string]): number {
  return a - b;
}

function modelText(host: string, origin: string, concurrency: number): string {
  return `// @kind: tracked
// @unique_key: id
// @allow_net: ${host}
// @concurrency: ${concurrency}
// @on_removed: deliver
// @retries: 0
// @timeout: 2s
import { changes, http, HttpError } from "spoor";
await changes("SELECT id, name FROM raw.people").each(async (change) => {
  const url = "${origin}/people/" + change.key.id;
  if (change.action === "remove") return void await http.delete(url);
  try {
    await http.put(url, { json: change.rows[0] });
  } catch (error) {
    if (!(error instanceof HttpError) || error.status !== 422) throw error;
    await change.reject("the far side refuses it");
  }
});
`;
}
