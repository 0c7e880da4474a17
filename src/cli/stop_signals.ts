/**
 * Ctrl-C and SIGTERM: the first asks to stop, the second ends at once. SIGHUP, of a terminal that is closed, asks
 * too, and never ends at once: such a terminal sends it twice, and a session that ends with it SIGTERM besides.
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

const IS_WINDOWS = Deno.build.os === "windows";

/** Windows knows no SIGTERM; Ctrl-Break is the next to it. */
const SIGNALS: readonly Deno.Signal[] = IS_WINDOWS ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"];

/** On Windows a window that is closed ends its programs, whatever they do. */
const HANGUPS: readonly Deno.Signal[] = IS_WINDOWS ? [] : ["SIGHUP"];

/** What a run says at the first. */
export const STOPPING = "Stopping: what is in flight ends first. Once more ends at once.";

/** Hears the signals instead of ending by them. */
export function hearStopSignals(): StopSignals {
  const controller = new AbortController();
  const { promise: endNow, resolve } = Promise.withResolvers<void>();
  let heard = 0;
  const hear = () => ++heard > 1 ? resolve() : controller.abort();
  // Heard also where it is to be ignored: with any listener Deno takes the signal, and ends the program by it.
  const hearHangup = isHangupIgnored() ? () => {} : () => controller.abort();
  for (const signal of SIGNALS) Deno.addSignalListener(signal, hear);
  for (const signal of HANGUPS) Deno.addSignalListener(signal, hearHangup);
  return {
    stop: controller.signal,
    endNow,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) Deno.removeSignalListener(signal, hear);
      for (const signal of HANGUPS) Deno.removeSignalListener(signal, hearHangup);
    },
  };
}

/**
 * Whether the program was started to outlive its terminal, by `nohup`. Only Linux tells, and only before the first
 * listener is added; elsewhere the run stops cleanly.
 */
function isHangupIgnored(): boolean {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    // One bit a signal, from the last on; SIGHUP is the first.
    return /^SigIgn:\s*[0-9a-f]*[13579bdf]$/m.test(status);
  } catch {
    // There is no /proc.
    return false;
  }
}
