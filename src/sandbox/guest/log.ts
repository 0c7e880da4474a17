/**
 * `log` and `console`: a model's words on their way to the run's log.
 *
 * @module
 */
import type { GuestMessage } from "~/sandbox/protocol.ts";
import type { Log } from "./api.ts";
import { formatMessage } from "./format_value.ts";

type Level = keyof Log;

/** A model that logs in an endless loop must not fill the run's log. */
const MAX_MESSAGES = 10_000;

/**
 * Makes `log`.
 *
 * @param send Where the messages go.
 * @param rename Puts files in the place of the URLs that stacks hold.
 */
export function makeLog(
  send: (message: GuestMessage) => void,
  rename: (text: string) => string,
): Log {
  let messages = 0;
  const write = (level: Level) => (...values: readonly unknown[]) => {
    if (messages > MAX_MESSAGES) return;
    const suppressed = messages++ === MAX_MESSAGES;
    const message = suppressed
      ? `More than ${MAX_MESSAGES} messages: the rest of this model's log is left out`
      : rename(formatMessage(values));
    send({ type: "log", level: suppressed ? "warn" : level, message });
  };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** What of `console` makes sense without a terminal; the rest is there and does nothing. */
export function makeConsole(log: Log): Record<string, (...values: unknown[]) => void> {
  const nothing = () => {};
  return {
    log: log.info,
    info: log.info,
    debug: log.debug,
    warn: log.warn,
    error: log.error,
    trace: log.debug,
    dir: (value) => log.info(value),
    table: (value) => log.info(value),
    group: (...labels) => labels.length > 0 && log.info(...labels),
    groupCollapsed: (...labels) => labels.length > 0 && log.info(...labels),
    groupEnd: nothing,
    assert: (condition, ...values) => {
      if (!condition) log.error("Assertion failed", ...values);
    },
    ...makeTimers(log),
    ...makeCounters(log),
    clear: nothing,
  };
}

function makeTimers(log: Log): Record<string, (...values: unknown[]) => void> {
  const started = new Map<string, number>();
  const show = (label: unknown = "default", ...values: unknown[]) => {
    const since = started.get(String(label));
    if (since === undefined) return;
    log.info(`${label}: ${(performance.now() - since).toFixed(1)} ms`, ...values);
  };
  return {
    time: (label = "default") => void started.set(String(label), performance.now()),
    timeLog: show,
    timeEnd: (label = "default") => {
      show(label);
      started.delete(String(label));
    },
  };
}

function makeCounters(log: Log): Record<string, (...values: unknown[]) => void> {
  const counts = new Map<string, number>();
  return {
    count: (label = "default") => {
      const count = (counts.get(String(label)) ?? 0) + 1;
      counts.set(String(label), count);
      log.info(`${label}: ${count}`);
    },
    countReset: (label = "default") => void counts.delete(String(label)),
  };
}
