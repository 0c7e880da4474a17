/**
 * Runs of the real program that are killed at a chosen place: when they have written so often, when a request
 * arrives, when it was answered.
 *
 * The system tells of each write below `.spoor`, and the kill follows within the time of a few more. Of the
 * compiled program a write can be cut as well: it may make no file longer than so many bytes, and the system ends
 * it in the middle of the write that does. From the sources it cannot be: there Deno keeps long files of its own.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Answer } from "../support/fake_api.ts";
import { spoorCommand, spoorEnv } from "../support/spoor.ts";
import type { TempProject } from "../support/temp_project.ts";

/** Where a run is killed; `share`: of the way that a run goes which nobody kills, from 0 to 1. */
export interface Place {
  at: "write" | "arrival" | "answer" | "cut";
  share: number;
}

/** How far a run goes that nobody kills. */
export interface Extent {
  /** Changes below `.spoor` that the system told of. */
  writes: number;
  requests: number;
  /** The longest that the log of the state file was. */
  logBytes: number;
}

/** The far side, as far as a kill needs it. */
export interface Arrivals {
  /** Sees each request; gives what is answered. */
  onArrival: () => Answer;
}

/** How a run ended. */
export interface Ended {
  isKilled: boolean;
  /** How far it went. */
  extent: Extent;
}

/** What a limit on the length of files is counted in: POSIX, `ulimit -f`. */
const BLOCK_BYTES = 512;
/** By the signal: killed; a file too long. */
const KILLED = [137, 9, 153, 25];

/** Runs `spoor` and kills it there; without a place it ends by itself. */
export async function runAndKill(
  project: TempProject,
  args: string,
  farSide: Arrivals,
  place?: Place,
  usual?: Extent,
): Promise<Ended> {
  const extent: Extent = { writes: 0, requests: 0, logBytes: 0 };
  const isDue = (at: Place["at"], count: number, whole = 0) =>
    place?.at === at && count === 1 + Math.floor(place.share * whole);
  await Deno.mkdir(project.path(".spoor"), { recursive: true });
  const watcher = Deno.watchFs(project.path(".spoor"));
  const running = place?.at === "cut" && usual
    ? startCut(project, args, place.share * usual.logBytes)
    : project.start(args);
  const kill = () => running.kill("SIGKILL");
  farSide.onArrival = () => {
    extent.requests += 1;
    const isAnswered = !isDue("arrival", extent.requests, usual?.requests);
    if (!isAnswered) kill();
    // After the answer is on its way.
    if (isDue("answer", extent.requests, usual?.requests)) setTimeout(kill, 0);
    return isAnswered ? { json: {} } : { hang: true };
  };
  const watching = (async () => {
    for await (const _ of watcher) {
      extent.writes += 1;
      if (isDue("write", extent.writes, usual?.writes)) kill();
      extent.logBytes = Math.max(extent.logBytes, sizeOf(project.path(".spoor/spoor.db-wal")));
    }
  })();
  const { code, output } = await running.result;
  watcher.close();
  await watching;
  farSide.onArrival = () => ({ json: {} });
  assert.ok(code === 0 || KILLED.includes(code), `the run failed by itself (${code}):\n${output}`);
  return { isKilled: code !== 0, extent };
}

/** Starts a run that may make no file longer. */
function startCut(project: TempProject, args: string, longestBytes: number) {
  const blocks = 1 + Math.floor(longestBytes / BLOCK_BYTES);
  const limited = `ulimit -c 0; ulimit -f ${blocks}; exec "$@"`;
  const child = new Deno.Command("sh", {
    args: ["-c", limited, "sh", ...spoorCommand(), ...args.split(" ")],
    cwd: project.root,
    clearEnv: true,
    env: spoorEnv(),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const result = child.output().then(({ code, stdout, stderr }) => ({
    code,
    output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr),
  }));
  // It ends itself, by the system.
  return { result, kill: () => {} };
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0; // It is not there yet, or no longer.
  }
}
