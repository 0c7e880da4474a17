/**
 * The range: a project full of attacks beside honest models, two servers, a folder outside.
 * One run of Spoor on it gives the evidence.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fakeApi } from "../support/fake_api.ts";
import { watchMemory } from "../support/process_use.ts";
import { type ProjectFiles, type TempProject, tempProject } from "../support/temp_project.ts";
import { answerAllowed } from "./allowed_server.ts";
import { type AttackGroup, attackId, type Names, replaceNames } from "./attack.ts";
import { CANARIES } from "./canaries.ts";
import { type Evidence, readRun } from "./evidence.ts";

/** Evidence, and how things stood before. */
export interface Outcome {
  evidence: Evidence;
  before: Pick<Evidence, "outside" | "inside">;
}

/** Models that mean no harm: whatever the attacks do, they have to end well. */
export const HONEST_MODELS = ["good.rows", "good.total", "good.sent", "victim.data"];

/** After this time a run is killed, and so has no end; long, for a machine that is busy. */
const LONGEST_RUN_MS = 180_000;
/** At this size it is killed as well, before the machine has no memory left. */
const DEADLY_MB = 3_000;

/** Makes the range for a group and runs it once. */
export async function attackOnce(
  group: AttackGroup,
  args: readonly string[] = ["run", "--json", "--jobs", "4"],
): Promise<Outcome> {
  await using evil = await fakeApi();
  await using allowed = await fakeApi(answerAllowed);
  await using outside = await outsideFolder();
  await using project = await tempProject(baseFiles(allowed.host));
  const names: Names = {
    EVIL: evil.origin,
    EVILHOST: evil.host,
    EVILPORT: String(evil.port),
    ALLOWED: allowed.origin,
    ALLOWEDHOST: allowed.host,
    ALLOWEDPORT: String(allowed.port),
    VICTIM: outside.path,
    PROJECT: project.root,
    RELATIVE: `../../../${basename(outside.path)}`,
  };
  await writeAttacks(project, group, names);
  await layTraps(project, outside.path);
  const before = await lookAround(project, outside.path);

  const running = project.start(args, { env: { SPOOR_TEST_CANARY: CANARIES.env } });
  const timer = setTimeout(() => running.kill("SIGKILL"), LONGEST_RUN_MS);
  using memory = watchMemory(running.pid, DEADLY_MB);
  const result = await running.result;
  clearTimeout(timer);

  const tables = readTables(project);
  const evidence = {
    result,
    peakMb: memory.peakMb,
    ...readRun(result.stdout),
    evil: evil.requests,
    evilConnections: evil.connections,
    allowed: allowed.requests,
    ...tables,
    state: [
      await readBytes(project.path(".spoor/spoor.db")),
      await readBytes(project.path(".spoor/spoor.db-wal")),
    ],
    ...await lookAround(project, outside.path),
  };
  return { evidence, before };
}

function baseFiles(allowedHost: string): ProjectFiles {
  return {
    ".env": `MINE_TOKEN=${CANARIES.mine}\nOTHER_TOKEN=${CANARIES.other}\n`,
    "models/_lib/leak.ts": `
      import { save } from "spoor";
      export async function leak(value: unknown): Promise<void> {
        const text = typeof value === "string"
          ? value
          : value instanceof Uint8Array
          ? new TextDecoder().decode(value)
          : JSON.stringify(value) ?? String(value ?? "");
        if (["", "null", "{}", "[]"].includes(text)) throw new Error("nothing to be had");
        await save.row({ stolen: text });
      }
    `,
    "models/victim/data.sql": `SELECT 1 AS id, '${CANARIES.data}' AS text`,
    "models/victim/readable.sql": `SELECT 1 AS id, 'readable' AS word`,
    "models/owner/of_secret.ts": `
      // @kind: table
      // @allow_net: ${allowedHost}
      // @secrets: OTHER_TOKEN
      import { save, secret } from "spoor";
      await save.row({ stand_in: String(secret("OTHER_TOKEN")) });
    `,
    "models/good/rows.ts": `
      // @kind: table
      import { save } from "spoor";
      await save.rows([{ n: 1 }, { n: 2 }, { n: 3 }]);
    `,
    "models/good/total.sql": `SELECT sum(n) AS total FROM good.rows`,
    "models/good/sent.ts": `
      // @kind: tracked
      // @unique_key: total
      // @allow_net: ${allowedHost}
      // @secrets: MINE_TOKEN
      import { http, query, save, secret } from "spoor";
      for await (const row of query("SELECT total FROM good.total")) {
        await http.post("http://${allowedHost}/good", { json: row, headers: { "X-Token": secret("MINE_TOKEN") } });
        await save.row(row);
      }
    `,
  };
}

async function writeAttacks(
  project: TempProject,
  group: AttackGroup,
  names: Names,
): Promise<void> {
  if (group.settings !== undefined) await project.write("spoor.yaml", group.settings);
  for (const attack of group.attacks) {
    const id = attackId(attack);
    const header = attack.header ?? [];
    const kind = header.some((line) => line.includes("@kind:")) ? [] : ["// @kind: table"];
    const text = [...kind, ...header, attack.source, ""].join("\n");
    await project.write(`models/attacks/${id}.ts`, replaceNames(text, id, names));
    for (const [path, content] of Object.entries(attack.files ?? {})) {
      await project.write(replaceNames(path, id, names), replaceNames(content, id, names));
    }
  }
}

/** Files and links in the project that lead attacks out. */
async function layTraps(project: TempProject, outside: string): Promise<void> {
  await project.write("inbox/harmless.txt", "harmless");
  await project.write("inbox-private/canary.txt", CANARIES.file);
  await Deno.symlink(`${outside}/canary.txt`, project.path("inbox/link.txt"));
  await Deno.symlink(outside, project.path("inbox/linked"));
  await Deno.symlink(`${outside}/canary.js`, project.path("models/_lib/link.js"));
  await Deno.symlink(outside, project.path("models/_linked"));
}

async function outsideFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "spoor-outside-" }));
  await Deno.writeTextFile(`${path}/canary.txt`, CANARIES.file);
  await Deno.writeTextFile(`${path}/canary.json`, JSON.stringify({ canary: CANARIES.file }));
  await Deno.writeTextFile(`${path}/canary.js`, `export default "${CANARIES.file}";\n`);
  await Deno.writeTextFile(`${path}/worker.js`, `postMessage("${CANARIES.file}");\n`);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  };
}

async function lookAround(
  project: TempProject,
  outside: string,
): Promise<Pick<Evidence, "outside" | "inside">> {
  return { outside: await readFolder(outside), inside: await readFolder(project.root) };
}

/** Every file below a folder → its text; a link → where it leads. Not the state: it may be huge. */
async function readFolder(folder: string, prefix = ""): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    const name = `${prefix}${entry.name}`;
    if (entry.name === ".spoor") continue;
    if (entry.isSymlink) found.set(name, await Deno.readLink(path));
    else if (entry.isFile) found.set(name, await readText(path));
    else for (const [key, text] of await readFolder(path, `${name}/`)) found.set(key, text);
  }
  return found;
}

async function readText(path: string): Promise<string> {
  return (await readBytes(path)).toString("latin1");
}

/** A file's bytes; none where there is no file. */
async function readBytes(path: string): Promise<Buffer> {
  return await Deno.readFile(path).then(
    (bytes) => Buffer.from(bytes.buffer),
    () => Buffer.alloc(0),
  );
}

/** Every table, its values as texts, and of those no more than can be looked at. */
function readTables(project: TempProject): Pick<Evidence, "rows" | "tables"> {
  const found = new Map<string, Record<string, unknown>[]>();
  if (!existsSync(project.path(".spoor/spoor.db"))) return { rows: () => [], tables: [] };
  using database = new DatabaseSync(project.path(".spoor/spoor.db"), { readOnly: true });
  const tables = database.prepare(`
    SELECT t.name, group_concat(printf('substr("%w", 1, 10000) AS "%w"', c.name, c.name)) AS columns
    FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'
    GROUP BY t.name HAVING count(*) < 1000
  `).all();
  for (const { name, columns } of tables) {
    found.set(String(name), database.prepare(`SELECT ${columns} FROM "${name}" LIMIT 1000`).all());
  }
  return { rows: (table) => found.get(table) ?? [], tables: [...found.keys()] };
}
