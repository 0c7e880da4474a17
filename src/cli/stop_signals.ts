/**
 * Ctrl-C and SIGTERM: the first asks to stop, the second ends at once.
 *
 * @module
 */

/** What hears the signals, until it is disposed of. */
export interface StopSignals extends Disposable {
  /** Aborted by the first signal. */
  readonly stop: AbortSignal;
  /** Resolves at the second. */
  readonly endNow: Promise<void>;
}

/** Windows knows no SIGTERM; Ctrl-Break is the next to it. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/** What a run says at the first. */
export const STOPPING = "Stopping: what is in flight ends first. Once more ends at once.";

/** Hears the signals instead of ending by them. */
export function hearStopSignals(): StopSignals {
  const controller = new AbortController();
  const { promise: endNow, resolve } = Promise.withResolvers<void>();
  const hear = () => controller.signal.aborted ? resolve() : controller.abort();
  for (const signal of SIGNALS) Deno.addSignalListener(signal, hear);
  return {
    stop: controller.signal,
    endNow,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, hear);
    },
  };
}
