/**
 * Takes from this realm what a model is not to have. Runs once, before any code of a model.
 *
 * 1. Globals that are not listed in `globals.ts` are deleted, and the global object is closed.
 * 2. No code from text: `eval` and `Function` go, and the constructors of the four kinds of
 *    functions, which every function leads to, are replaced by one that throws.
 * 3. Every object that is left, and all that it leads to, is frozen. So a model cannot put its own
 *    function in the place of one that Spoor's or Deno's code calls, and see what is passed: the
 *    raw port passes through `EventTarget.prototype.dispatchEvent`, for one.
 *
 * Freezing was preferred to keeping private copies of what Spoor's own code uses: it covers
 * Deno's code too, lets this folder be written plainly, and costs less than a millisecond;
 * loops, `await` and iteration measured the same before and after.
 *
 * The worker has no permissions and the host trusts none of its messages. This is what keeps
 * the ways shut that permissions do not cover.
 *
 * @module
 */
import { LANGUAGE_GLOBALS, LAZY_GLOBALS, TIMER_GLOBALS, WEB_GLOBALS } from "./globals.ts";
import { hardenIntrinsics } from "./harden.ts";

type Realm = Record<PropertyKey, unknown>;

/** Deeper than V8's ten frames, so that a model's frame is among them below Spoor's. */
const STACK_FRAMES = 25;

/**
 * Closes the realm, all but the global object itself: see `closeGlobalObject`.
 *
 * @param isNamed Tells whether the model's text names a global: those that are slow to load are
 * loaded only then, and here, because Deno's own code cannot load them in a closed realm.
 */
export function lockDown(isNamed: (name: string) => boolean): void {
  const realm = globalThis as unknown as Realm;
  Error.stackTraceLimit = STACK_FRAMES;
  const timers = guardedTimers(realm, TIMER_GLOBALS.filter(isNamed));
  disableCodeFromText(realm);
  removeGlobals(realm, LAZY_GLOBALS.filter(isNamed));
  Object.assign(realm, timers);
  Reflect.deleteProperty(URL, "createObjectURL");
  Reflect.deleteProperty(URL, "revokeObjectURL");
  hardenIntrinsics(realm);
}

/** Makes the global object unchangeable; the last step, once the model's own names are on it. */
export function closeGlobalObject(): void {
  const realm = globalThis as unknown as Realm;
  for (const name of Reflect.ownKeys(realm)) {
    const property = Object.getOwnPropertyDescriptor(realm, name);
    if (!property) continue;
    Object.defineProperty(realm, name, {
      configurable: false,
      ...("value" in property && { writable: false }),
    });
  }
  // Deno 2.6 cannot close it. New names are no way to anything: what could be read was read before.
  Reflect.preventExtensions(realm);
}

/**
 * Deletes all that is not listed, names that are not enumerable included.
 *
 * Two symbols of Deno's stay: a brand, and the list of event listeners, by which uncaught errors
 * reach the guest. They are frozen with the rest, so no listener can be taken off or put on.
 */
function removeGlobals(realm: Realm, alsoKept: readonly string[]): void {
  const kept = new Set<PropertyKey>([...LANGUAGE_GLOBALS, ...WEB_GLOBALS, ...alsoKept, "Function"]);
  for (const name of Reflect.ownKeys(realm)) {
    if (typeof name === "symbol") continue;
    if (kept.has(name)) settle(realm, name);
    else removeGlobal(realm, name);
  }
}

function removeGlobal(realm: Realm, name: string): void {
  if (Reflect.deleteProperty(realm, name)) return;
  throw new Error(`Cannot close the sandbox: the global "${name}" cannot be removed`);
}

/** Some globals are getters that load something; what they give is put in their place. */
function settle(realm: Realm, name: PropertyKey): void {
  const property = Object.getOwnPropertyDescriptor(realm, name);
  if (!property?.configurable) return;
  const value = realm[name];
  Object.defineProperty(realm, name, {
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}

/** `Function` stays as a name, for `instanceof`; it makes nothing. */
function disableCodeFromText(realm: Realm): void {
  const inert = function Function(): never {
    throw new EvalError("Cannot make code of text: a model's sandbox does not allow it");
  };
  Object.defineProperty(inert, "prototype", { value: Function.prototype, writable: false });
  const functions = [
    function () {},
    async function () {},
    function* () {},
    async function* () {},
  ];
  for (const each of functions) {
    Object.defineProperty(Object.getPrototypeOf(each), "constructor", {
      value: inert,
      writable: false,
      configurable: false,
    });
  }
  realm.Function = inert;
}

/** Timers that take functions only. */
function guardedTimers(realm: Realm, names: readonly string[]): Realm {
  return Object.fromEntries(names.map((name) => {
    const native = realm[name] as (...args: unknown[]) => unknown;
    return [name, name.startsWith("clear") ? clearing(native) : setting(native, name)];
  }));
}

/** Deno 2.9 gives an object of Node's, 2.6 a number; a model gets the web's number. */
function setting(native: (...args: unknown[]) => unknown, name: string) {
  return (task: unknown, ...rest: unknown[]): number => {
    if (typeof task === "function") return Number(native(task, ...rest));
    throw new TypeError(`Cannot call ${name}: its first argument must be a function`);
  };
}

function clearing(native: (...args: unknown[]) => unknown) {
  return (timer: unknown): void => void native(Number(timer));
}
