/**
 * Starts the practice API for a run.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import { parseFaults } from "~/practice/parse_faults.ts";
import type { FromPractice, ToPractice } from "~/practice/protocol.ts";
import type { WorkerEnd } from "~/sandbox/supervisor.ts";
import type { EngineWorkers } from "./engine_workers.ts";

/** The practice API of one run; ends with it, after what it has begun to answer. */
export interface PracticeApi extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  origin: string;
}

/** Where the practice API keeps what it receives. */
export function practiceFilePath(root: string): string {
  return `${root}/.spoor/practice.db`;
}

/**
 * Starts the practice API.
 *
 * @param faults How it is to misbehave, as written after `--faults`.
 * @throws {UserError} The faults cannot be read, or its file cannot be used.
 */
export async function startPractice(
  workers: EngineWorkers,
  root: string,
  faults: string | undefined,
): Promise<PracticeApi> {
  const parsed = faults === undefined ? [] : parseFaults(faults);
  if (parsed instanceof UserError) throw parsed;
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  const worker = workers.start(
    { role: "practice", label: "practice" },
    (end) => ended.reject(new Error(`The practice API has stopped: ${describe(end)}`)),
  );
  const answers = answersOf(worker.port);
  worker.port.postMessage(
    { type: "start", dbPath: practiceFilePath(root), faults: parsed } satisfies ToPractice,
  );
  const answer = await Promise.race([answers.next(), ended.promise]);
  if (answer.type === "failed") throw new UserError(answer.error.message, answer.error);
  if (answer.type !== "started") {
    throw new Error(`The practice API said ${answer.type} at its start`);
  }
  return {
    origin: answer.origin,
    async [Symbol.asyncDispose]() {
      worker.port.postMessage({ type: "stop" } satisfies ToPractice);
      // One that has died has nothing left to write.
      await Promise.race([answers.next(), ended.promise]).catch(() => {});
      worker.end();
    },
  };
}

/** The worker's answers, one at a time: each is waited for before the next is asked for. */
function answersOf(port: MessagePort): { next: () => Promise<FromPractice> } {
  let waiting = Promise.withResolvers<FromPractice>();
  port.onmessage = ({ data }: MessageEvent<FromPractice>) => waiting.resolve(data);
  return {
    async next() {
      const answer = await waiting.promise;
      waiting = Promise.withResolvers();
      return answer;
    },
  };
}

function describe(end: WorkerEnd): string {
  return end.reason === "error" ? end.message : end.reason;
}
