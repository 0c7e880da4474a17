/**
 * One guest from its first message to its last: closes the realm, waits for the model, runs it,
 * lets what is under way come to its end, and says how it ended.
 *
 * @module
 */
import type { GuestStart } from "~/sandbox/protocol.ts";
import { Delivery } from "./deliver/delivery.ts";
import { verifyUnsettled } from "./deliver/verify_unsettled.ts";
import { ModulePaths, reportError } from "./error_report.ts";
import type { HostLine } from "./host_line.ts";
import { HostPort } from "./host_port.ts";
import { provideApi, runModules } from "./load_model.ts";
import { makeConsole, makeLog } from "./log.ts";
import { type ApiContext, makeApi, MODEL_CLASSES } from "./make_api.ts";
import { harden } from "./realm/harden.ts";
import { closeGlobalObject, lockDown } from "./realm/lockdown.ts";
import { RowSaver } from "./rows/row_saver.ts";

/** Gone from the global object by the time it is used. */
const { MessageChannel } = globalThis;

/** Starts the guest on its line to the host. */
export function startGuest(line: HostLine): void {
  new Guest(line);
}

class Guest {
  #port: HostPort;
  #paths = new ModulePaths();
  #stopped = false;
  #ended = false;
  #working = new Set<Promise<unknown>>();

  constructor(line: HostLine) {
    this.#port = new HostPort(line, {
      start: ({ start }) => void this.#run(start),
      stop: () => this.#stopped = true,
    });
    this.#catchUncaught();
  }

  async #run(start: GuestStart): Promise<void> {
    try {
      lockDown((name) => start.modules.some(({ code }) => code.includes(name)));
      const saver = new RowSaver(this.#port);
      const apiUrl = await this.#provideApi(start, saver);
      const { exports } = await runModules(start.modules, apiUrl, this.#paths);
      await this.#settle(saver);
      await verifyUnsettled(exports.verify, {
        start,
        send: (message) => this.#port.send(message),
        explain: (error) => reportError(error, this.#paths).message,
        isStopped: () => this.#stopped || this.#ended,
      });
      await this.#settle(saver);
      // Rejections that nobody handles are told at the end of a turn.
      await nextTurn();
      if (!this.#ended) this.#port.sendLast({ type: "finished" });
      this.#ended = true;
    } catch (error) {
      this.#fail(error);
    }
  }

  #provideApi(start: GuestStart, saver: RowSaver): Promise<string> {
    const rename = (text: string) => this.#paths.rename(text);
    const log = makeLog((message) => this.#port.send(message), rename);
    const api = makeApi(this.#context(start, saver, log));
    const console = makeConsole(log);
    harden(api);
    harden(MODEL_CLASSES);
    harden(console);
    return provideApi({ ...api, console }, () => {
      Object.defineProperty(globalThis, "console", { value: console, configurable: true });
      closeGlobalObject();
    });
  }

  #context(start: GuestStart, saver: RowSaver, log: ApiContext["log"]): ApiContext {
    let delivery: Delivery | undefined;
    return {
      port: this.#port,
      start,
      saver,
      log,
      delivery: () => delivery,
      beginDelivery: () => delivery ??= new Delivery(this.#port, this.#paths, start.uniqueKey),
      isStopped: () => this.#stopped,
      track: (work) => this.#track(work),
      explain: (error) => {
        const { message, at } = reportError(error, this.#paths);
        return at?.line === undefined ? message : `${message} (${at.path}:${at.line})`;
      },
    };
  }

  /** Notes work that the model may not await; a failure that nobody sees is uncaught as ever. */
  #track<T>(work: Promise<T>): Promise<T> {
    const ended = work.then(() => {}, () => {}).then(() => void this.#working.delete(ended));
    this.#working.add(ended);
    // A promise of its own: the one above counts as handled by this very line.
    return work.then((value) => value);
  }

  /** Lets `each`, saves and requests that nobody awaits come to their end. */
  async #settle(saver: RowSaver): Promise<void> {
    do {
      await Promise.all(this.#working);
      await saver.flush();
      await this.#port.idle();
    } while (this.#working.size > 0 || saver.isPending);
  }

  /** An error that nothing catches would end the worker with no word of where it was. */
  #catchUncaught(): void {
    globalThis.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      this.#fail((event as PromiseRejectionEvent).reason);
    });
    globalThis.addEventListener("error", (event) => {
      event.preventDefault();
      this.#fail((event as ErrorEvent).error);
    });
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#port.sendLast({ type: "failed", error: reportError(error, this.#paths) });
  }
}

/** Waits for the event loop to come round, without loading timers for it. */
async function nextTurn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
  port1.close();
}
