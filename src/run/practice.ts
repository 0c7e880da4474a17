/**
 * Starts the practice API for a run.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { Fault } from "~/practice/fault.ts";
import { parseFaults } from "~/practice/parse_faults.ts";
import type { FromPractice, ToPractice } from "~/practice/protocol.ts";
import type { EngineWorkers } from "./engine/engine_workers.ts";

/** A practice API that runs; ends after what it has begun to answer. */
interface PracticeApi extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  origin: string;
}

/** The practice API of a run, started when the first model needs it: mostly none does. */
export class LazyPractice implements AsyncDisposable {
  readonly #faults: readonly Fault[];
  #api: Promise<PracticeApi> | undefined;

  /**
   * @param faults How it is to misbehave, as written after `--faults`.
   * @throws {UserError} The faults cannot be read.
   */
  constructor(
    private readonly workers: EngineWorkers,
    private readonly root: string,
    faults: string | undefined,
  ) {
    const parsed = faults === undefined ? [] : parseFaults(faults);
    if (parsed instanceof UserError) throw parsed;
    this.#faults = parsed;
  }

  /** `http://127.0.0.1:PORT` */
  async origin(): Promise<string> {
    this.#api ??= startPractice(this.workers, this.root, this.#faults);
    return (await this.#api).origin;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that could not start has told so where it was needed.
    const api = await this.#api?.catch(() => undefined);
    await api?.[Symbol.asyncDispose]();
  }
}

/**
 * Whoever asks for faults means to send nothing.
 *
 * @throws {UserError} Faults are asked for, and what the models send would leave the machine.
 */
export function refuseRealFaults(faults: string | undefined, practice: boolean): void {
  if (faults === undefined || practice) return;
  throw new UserError(`Cannot run with "--faults": this is not a practice run`, {
    hint: "Nothing was sent. Add --practice, or leave --faults out",
    exitCode: 2,
  });
}

/** Where the practice API keeps what it receives. */
export function practiceFilePath(root: string): string {
  return `${root}/.spoor/practice.db`;
}

/** @throws {UserError} Its file cannot be used. */
async function startPractice(
  workers: EngineWorkers,
  root: string,
  faults: readonly Fault[],
): Promise<PracticeApi> {
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  const worker = workers.start(
    { role: "practice", label: "practice" },
    (message) => ended.reject(new Error(`The practice API has stopped: ${message}`)),
  );
  const answers = answersOf(worker.port);
  worker.port.postMessage(
    { type: "start", dbPath: practiceFilePath(root), faults } satisfies ToPractice,
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
