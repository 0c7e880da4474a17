/**
 * `deno run -A scripts/soak.ts [MINUTES]`: one long run at a rate limit against a server on this machine, and
 * how much memory all of its processes hold meanwhile. Memory must be flat: what the last third holds is set
 * against what the second third held. Linux only.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a program of its own, which talks to a person.
import { childrenOf, residentMb } from "../tests/support/process_use.ts";
import { fakeApi } from "../tests/support/fake_api.ts";
import { tempProject } from "../tests/support/temp_project.ts";

/** Requests a second. */
const RATE = 100;
const SAMPLE_EVERY_MS = 1_000;
/** What garbage collection and caches may add from one third to the next. */
const MAX_GROWTH_MB = 40;

if (import.meta.main) Deno.exit(await soak(Number(Deno.args[0] ?? 10)) ? 0 : 1);

async function soak(minutes: number): Promise<boolean> {
  const rows = minutes * 60 * RATE;
  let served = 0;
  await using api = await fakeApi(() => {
    // The server's own record is not what is measured.
    if (++served % 1_000 === 0) api.clear();
    return { json: {} };
  });
  await using project = await tempProject({
    "models/raw/people.sql":
      `WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ${rows})
       SELECT id, 'name ' || id AS name FROM n`,
    "models/sync/people.ts": `
      // @kind: tracked
      // @unique_key: id
      // @allow_net: ${api.host}
      // @concurrency: 8
      // @rate_limit: ${RATE}/s
      import { http, query } from "spoor";
      await query("SELECT * FROM raw.people").each(async (row) => {
        await http.post("${api.origin}/people", { json: row });
      });
    `,
  });
  const running = project.start("run --json");
  const samples: number[] = [];
  const timer = setInterval(async () => samples.push(await treeMb(running.pid)), SAMPLE_EVERY_MS);
  const startedAt = performance.now();
  const { code, output } = await running.result;
  clearInterval(timer);
  const seconds = (performance.now() - startedAt) / 1_000;
  if (code !== 0) console.log(output.slice(-2_000));
  const [, before, after] = inParts(samples, 3).map(median);
  const growth = (after ?? 0) - (before ?? 0);
  console.log(
    `soak: ${served} requests in ${seconds.toFixed(0)} s (${(served / seconds).toFixed(1)}/s), ` +
      `${before?.toFixed(0)} MB then ${after?.toFixed(0)} MB, exit code ${code}`,
  );
  console.log(
    `MB by tenths: ${inParts(samples, 10).map((part) => median(part).toFixed(0)).join(" ")}`,
  );
  return code === 0 && served === rows && growth < MAX_GROWTH_MB;
}

/** A process and all that it has started. */
async function treeMb(pid: number): Promise<number> {
  const children = await childrenOf(pid).catch(() => []);
  const sizes = await Promise.all([residentMb(pid), ...children.map(treeMb)]);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Parts of about one length, one after the other. */
function inParts(values: readonly number[], parts: number): number[][] {
  const cut = (part: number) => Math.floor(values.length * part / parts);
  return Array.from({ length: parts }, (_, part) => values.slice(cut(part), cut(part + 1)));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
