/**
 * `kill -9` while `--adopt --held` records what the far side holds: before it, at a random instant of it,
 * after its commit, and before the end of its run. Looked at in the state file after each kill,
 * and at the far end after the runs that follow: an adoption is there as a whole or not at all, nothing is
 * taken for accepted that the far side does not hold, and nothing is lost.
 *
 * `SPOOR_KILLS=1000` kills more often; `SPOOR_SEED=17` draws other instants.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- its figure is to be seen.
import assert from "node:assert/strict";
import { Random } from "../simulation/random.ts";
import { type Answer, type FakeApi, fakeApi, type ReceivedRequest } from "../support/fake_api.ts";
import { TESTS_BINARY } from "../support/spoor.ts";
import { type ProjectFiles, type TempProject, tempProject } from "../support/temp_project.ts";

const KILLS = Number(Deno.env.get("SPOOR_KILLS") ?? (TESTS_BINARY ? 8 : 16));
const SEED = Number(Deno.env.get("SPOOR_SEED") ?? 1);
/** Beside those that are edited: they make an adoption take its time. */
const STILL_ROWS = 2_000;
const EDITED_ROWS = 60;
/** An adoption that was killed so often is let through. */
const MOST_KILLS_OF_ONE = 4;
const MOST_ROUNDS = 1_000;
const PAGE = 1_000;

type Place = "early" | "fetch" | "begin" | "within" | "end" | "below";

/** What the far side is compared by. */
interface Form {
  name: string;
  /** Of `--held` */
  source: "crm.csv" | "raw.crm";
  /** In turn, so that each comes, however few the kills are. */
  places: readonly Place[];
}

const FORMS: readonly Form[] = [
  {
    name: "a file",
    source: "crm.csv",
    places: ["early", "begin", "within", "within", "within", "end", "below"],
  },
  {
    name: "a table that is fetched",
    source: "raw.crm",
    places: ["early", "fetch", "begin", "within", "within", "within", "end", "below"],
  },
];

Deno.test("--held: an adoption that is killed is there as a whole or not at all", async () => {
  console.log(`seed ${SEED}`);
  const histories = FORMS.map((form, index) =>
    new AdoptionChaos(form, new Random(SEED * 1_000 + index))
  );
  await Promise.all(histories.map((each) => each.play(KILLS / FORMS.length)));
  const sum = (count: (chaos: AdoptionChaos) => number) =>
    histories.reduce((total, chaos) => total + count(chaos), 0);
  console.log(
    `${sum(({ kills }) => kills)} kills: ${sum(({ lost }) => lost)} lost, ${
      sum(({ wronglyMarked }) => wronglyMarked)
    } wrongly marked, ${sum(({ inPart }) => inPart)} adoptions in part (${
      sum(({ unrecorded }) => unrecorded)
    } not recorded, ${sum(({ recorded }) => recorded)} recorded before the kill)`,
  );
  for (const { form, kills, lost, wronglyMarked, inPart } of histories) {
    assert.deepEqual([lost, wronglyMarked, inPart], [0, 0, 0], form.name);
    // How many came before the record and how many after it, is chance.
    assert.ok(kills > 0, form.name);
  }
});

/** What is to be seen of an adoption in the state file. */
interface Recorded {
  /** Accepted: key → name; `undefined`: kept of a group that differs, or has left the query. */
  accepted: ReadonlyMap<number, string | undefined>;
  pending: readonly number[];
  adoptions: number;
}

/** One project that is adopted again and again, and its far side. */
class AdoptionChaos {
  kills = 0;
  /** Groups of the source that the far side does not have as they are, when all was sent. */
  lost = 0;
  /** Groups that are accepted, and not so at the far side. */
  wronglyMarked = 0;
  /** Adoptions of which a part is recorded. */
  inPart = 0;
  /** Kills that came after the commit, … */
  recorded = 0;
  /** … and before it. */
  unrecorded = 0;
  #source = new Map<number, string>();
  #far = new Map<number, string>();
  /** Groups of the far side that somebody else has changed since they were compared. */
  #editedThere = new Set<number>();
  #version = 0;
  #tries = 0;
  /** Sees the path of each request; says whether it is answered. */
  #onArrival: (path: string) => boolean = () => true;
  /** How long an adoption takes, as the last one did that was not killed meanwhile. */
  #spanMs = 100;

  constructor(readonly form: Form, private readonly random: Random) {
    for (let id = 1; id <= STILL_ROWS + EDITED_ROWS; id++) {
      this.#source.set(id, `v0 of ${id}`);
      this.#far.set(id, `v0 of ${id}`);
    }
  }

  async play(kills: number): Promise<void> {
    await using api = await fakeApi((request) => this.#answer(request));
    await using project = await tempProject(filesOf(api, this.form));
    for (let round = 0; this.kills < kills; round++) {
      assert.ok(round < MOST_ROUNDS, "the runs end before they are killed");
      await this.#editBoth(project);
      await this.#adopt(project);
      await this.#send(project);
      api.clear();
    }
  }

  /** Runs the adoption until it is recorded. */
  async #adopt(project: TempProject): Promise<void> {
    for (let tries = 0;; tries++) {
      const before = readRecorded(project);
      const place = tries < MOST_KILLS_OF_ONE ? this.#nextPlace() : undefined;
      const isKilled = await this.#runAndKill(project, place);
      const after = readRecorded(project);
      if (after.adoptions > before.adoptions) {
        if (isKilled) this.recorded += 1;
        this.#editedThere.clear();
        this.#checkMarks(after);
        return this.#checkWhole(before, after);
      }
      assert.ok(isKilled, "a run that comes to its end records its adoption");
      this.unrecorded += 1;
      this.#checkMarks(after);
      if (textOf(after) !== textOf(before)) this.inPart += 1;
    }
  }

  #nextPlace(): Place | undefined {
    const { places } = this.form;
    return places[this.#tries++ % places.length];
  }

  /** The model sends what differs, and may be killed meanwhile; then both sides are the same. */
  async #send(project: TempProject): Promise<void> {
    const { accepted } = readRecorded(project);
    const notSent = [...this.#far.keys()].filter((id) =>
      !this.#source.has(id) && !accepted.has(id)
    );
    if (this.random.chance(0.3)) await this.#killWhileSending(project);
    const sent = await project.run("run --json --allow-removed");
    assert.equal(sent.code, 0, sent.output);
    this.#checkMarks(readRecorded(project));
    for (const [id, name] of this.#source) if (this.#far.get(id) !== name) this.lost += 1;
    const others = [...this.#far.keys()].filter((id) => !this.#source.has(id));
    assert.deepEqual(others, notSent, "what has left the query is removed there, and nothing else");
    assert.equal(project.rows("spoor.ledger").length, 0);
    assert.equal(project.rows("spoor.open_requests").length, 0);
  }

  /** Everything that is taken for accepted, the far side holds. */
  #checkMarks({ accepted }: Recorded): void {
    for (const [id, name] of accepted) {
      if (name === undefined || this.#editedThere.has(id)) continue;
      if (this.#far.get(id) !== name) this.wronglyMarked += 1;
    }
  }

  /** All that the adoption is to record, and nothing else. */
  #checkWhole(before: Recorded, after: Recorded): void {
    const accepted = new Map<number, string | undefined>();
    const pending: number[] = [];
    for (const [id, name] of this.#source) {
      const there = this.#far.get(id);
      if (there !== name) pending.push(id);
      if (there !== undefined) accepted.set(id, there === name ? name : undefined);
    }
    for (const id of before.accepted.keys()) {
      if (!this.#source.has(id) && this.#far.has(id)) accepted.set(id, undefined);
    }
    const { adoptions } = after;
    if (textOf({ accepted, pending, adoptions }) !== textOf(after)) this.inPart += 1;
  }

  /** Both sides, each behind the other's back; and the far side is exported. */
  async #editBoth(project: TempProject): Promise<void> {
    this.#version += 1;
    const { random } = this;
    const draw = () => STILL_ROWS + random.between(1, EDITED_ROWS);
    for (let i = 0; i < EDITED_ROWS / 4; i++) {
      const id = draw();
      if (random.chance(0.2)) this.#source.delete(id);
      else this.#source.set(id, `v${this.#version} of ${id}`);
    }
    for (let i = 0; i < EDITED_ROWS / 4; i++) {
      const id = draw();
      const here = this.#source.get(id);
      this.#editedThere.add(id);
      if (random.chance(0.3)) this.#far.delete(id);
      // By hand, as in the source; or as nobody else has it.
      else if (random.chance(0.5) && here !== undefined) this.#far.set(id, here);
      else this.#far.set(id, `x${this.#version} of ${id}`);
    }
    const rows = JSON.stringify([...this.#source]);
    const sql = `SELECT value ->> 0 AS id, value ->> 1 AS name FROM json_each('${rows}')`;
    await project.write("models/raw/people.sql", sql);
    const lines = [...this.#far].map(([id, name]) => `${id},${name}\n`);
    await project.write("crm.csv", `id,name\n${lines.join("")}`);
  }

  /** @returns Whether it was killed before it ended. */
  async #runAndKill(project: TempProject, place: Place | undefined): Promise<boolean> {
    const { source } = this.form;
    const running = project.start(`run --json --adopt sync.people --held ${source}`);
    const kill = () => running.kill("SIGKILL");
    const timers: ReturnType<typeof setTimeout>[] = [];
    if (place === "early") timers.push(setTimeout(kill, this.random.between(60, 500)));
    let begunAtMs = 0;
    this.#onArrival = (path) => {
      if (path === "/begin") begunAtMs = performance.now();
      if (path === "/begin" && place === "within") {
        timers.push(setTimeout(kill, this.random.next() * this.#spanMs));
      }
      if (path === "/end") this.#spanMs = performance.now() - begunAtMs;
      if (path !== `/${place}`) return true;
      kill();
      return false;
    };
    const { code, output } = await running.result;
    for (const timer of timers) clearTimeout(timer);
    return this.#wasKilled(code, output);
  }

  async #killWhileSending(project: TempProject): Promise<void> {
    const running = project.start("run --json --allow-removed");
    let left = this.random.between(1, 15);
    this.#onArrival = (path) => {
      if (!path.startsWith("/people/") || --left > 0) return true;
      running.kill("SIGKILL");
      return false;
    };
    const { code, output } = await running.result;
    this.#wasKilled(code, output);
  }

  #wasKilled(code: number, output: string): boolean {
    this.#onArrival = () => true;
    if (code === 0) return false;
    assert.ok(code === 137 || code === 9, `the run failed by itself (${code}):\n${output}`);
    this.kills += 1;
    return true;
  }

  /** A change is done even where its answer is lost. */
  #answer({ method, path, query, json }: ReceivedRequest): Answer {
    const id = Number(path.split("/")[2]);
    if (method === "PUT") this.#far.set(id, (json as { name: string }).name);
    if (method === "DELETE") this.#far.delete(id);
    if (!this.#onArrival(path)) return { hang: true };
    if (path !== "/fetch") return { json: {} };
    const first = Number(query.get("page")) * PAGE;
    return { json: [...this.#far].slice(first, first + PAGE).map(([id, name]) => ({ id, name })) };
  }
}

function readRecorded(project: TempProject): Recorded {
  const tables = stateSize(project) === 0 ? [] : project.rows(`SELECT name FROM sqlite_schema`);
  const has = (table: string) => tables.some(({ name }) => name === table);
  const accepted = has("spoor.accepted.sync.people")
    ? project.rows(`SELECT id, name, _spoor_columns > 0 AS fits FROM "spoor.accepted.sync.people"`)
    : [];
  const isMade = has("spoor.pending") && has("spoor.deliveries");
  const keys = isMade ? project.rows(`SELECT group_key FROM "spoor.pending"`) : [];
  const adoptions = isMade
    ? project.rows(`SELECT 1 FROM "spoor.deliveries" WHERE state = 'adopted' AND group_key = '*'`)
    : [];
  return {
    accepted: new Map(
      accepted.map(({ id, name, fits }) => [Number(id), fits ? String(name) : undefined]),
    ),
    pending: keys.map(({ group_key: key }) => Number(JSON.parse(String(key))[0])),
    adoptions: adoptions.length,
  };
}

/** 0: the run has died before it made one. */
function stateSize(project: TempProject): number {
  try {
    return Deno.statSync(project.path(".spoor/spoor.db")).size;
  } catch {
    return 0;
  }
}

function textOf({ accepted, pending, adoptions }: Recorded): string {
  const groups = [...accepted].toSorted(([a], [b]) => a - b);
  return JSON.stringify([groups, pending.toSorted((a, b) => a - b), adoptions]);
}

function filesOf({ host, origin }: FakeApi, { source }: Form): ProjectFiles {
  const crm = `
    // @allow_net: ${host}
    import { http, save } from "spoor";
    for (let page = 0;; page++) {
      const { json } = await http.get("${origin}/fetch", { params: { page } });
      if (json.length === 0) break;
      await save.rows(json);
    }
  `;
  return {
    "models/sync/people.ts": `
      // @kind: tracked
      // @unique_key: id
      // @on_removed: deliver
      // @allow_net: ${host}
      // @concurrency: 8
      import { changes, http } from "spoor";
      await http.get("${origin}/begin");
      await changes("SELECT id, name FROM raw.people").each(async ({ action, key, rows }) => {
        const url = "${origin}/people/" + key.id;
        if (action === "remove") await http.delete(url);
        else await http.put(url, { json: rows[0] });
      });
      await http.get("${origin}/end");
    `,
    "models/mart/below.ts": `
      // @allow_net: ${host}
      import { http, query, save } from "spoor";
      await http.get("${origin}/below");
      await save.rows(await query.all("SELECT count(*) AS n FROM sync.people"));
    `,
    ...(source === "raw.crm" && { "models/raw/crm.ts": crm }),
  };
}
