/**
 * What can be seen from outside after a run: what the servers received, what the state file and
 * the disk hold, what Spoor printed. Nothing of it is an attack's own word.
 *
 * @module
 */
import type { ReceivedRequest } from "../support/fake_api.ts";
import type { SpoorResult } from "../support/spoor.ts";

/** How one model ended, as the run's `--json` told. */
export interface ModelEnd {
  status: string;
  /** The whole event as text. */
  text: string;
}

export interface Evidence {
  result: SpoorResult;
  /** The most memory that Spoor's process held. */
  peakMb: number;
  /** Model → how it ended. */
  ends: ReadonlyMap<string, ModelEnd>;
  /** Model → everything that the run printed about it. */
  printed: ReadonlyMap<string, string>;
  /** Whether the run told its end. */
  finished: boolean;
  /** What the server got that nobody may reach. */
  evil: readonly ReceivedRequest[];
  evilConnections: number;
  allowed: readonly ReceivedRequest[];
  /** A table's rows, values as texts; none when it is not there. */
  rows(table: string): readonly Record<string, unknown>[];
  /** Names of all tables. */
  tables: readonly string[];
  /** The bytes of the state file and of its log. */
  state: readonly Uint8Array[];
  /** Outside folder: file → text. */
  outside: ReadonlyMap<string, string>;
  /** Project: every file but the state's own → text. */
  inside: ReadonlyMap<string, string>;
}

interface RunLine {
  type?: string;
  model?: string;
  status?: string;
}

/** Reads the lines of `run --json`. */
export function readRun(stdout: string): Pick<Evidence, "ends" | "printed" | "finished"> {
  const ends = new Map<string, ModelEnd>();
  const printed = new Map<string, string>();
  let finished = false;
  for (const text of stdout.split("\n").filter((line) => line.startsWith("{"))) {
    const line = JSON.parse(text) as RunLine;
    if (line.type === "run_finished") finished = true;
    if (line.model === undefined) continue;
    printed.set(line.model, (printed.get(line.model) ?? "") + text);
    if (line.type === "model_finished") ends.set(line.model, { status: line.status ?? "", text });
  }
  return { ends, printed, finished };
}
