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
import { hardenIntrinsics } from "./harden.ts";
import { LANGUAGE_GLOBALS, LAZY_GLOBALS, TIMER_GLOBALS, WEB_GLOBALS } from "./globals.ts";

type Realm = Record<PropertyKey, unknown>;

/** Deeper than V8's ten frames, so that a model's frame is among them below Spoor's. */
const STACK_FRAMES = 25;

/** Closes the realm, all but the global object itself: see `closeGlobalObject`. */
export function lockDown(): void {
  const realm = globalThis as unknown as Realm;
  Error.stackTraceLimit = STACK_FRAMES;
  const timers = guardedTimers(realm);
  const lazy = lazyGlobals(realm);
  disableCodeFromText(realm);
  removeGlobals(realm);
  Object.assign(realm, timers);
  Object.defineProperties(realm, lazy);
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
  Object.preventExtensions(realm);
}

/**
 * Deletes all that is not listed, names that are not enumerable included.
 *
 * Two symbols of Deno's stay: a brand, and the list of event listeners, by which uncaught errors
 * reach the guest. They are frozen with the rest, so no listener can be taken off or put on.
 */
function removeGlobals(realm: Realm): void {
  const kept = new Set<PropertyKey>([...LANGUAGE_GLOBALS, ...WEB_GLOBALS, "Function"]);
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
  Object.defineProperty(realm, name, { value, writable: true, enumerable: false, configurable: true });
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

/** Timers under their own names, loaded at the first call, for functions only. */
function guardedTimers(realm: Realm): Realm {
  const timers: Realm = {};
  for (const name of TIMER_GLOBALS) {
    const native = lazily(realm, name) as () => (...args: unknown[]) => unknown;
    const guarded = {
      [name]: (first: unknown, ...rest: unknown[]): unknown => {
        if (name.startsWith("clear")) return void native()(Number(first));
        if (typeof first !== "function") {
          throw new TypeError(`Cannot call ${name}: its first argument must be a function`);
        }
        // Deno 2.9 gives an object of Node's, 2.6 a number; a model gets the web's number.
        return Number(native()(first, ...rest));
      },
    };
    timers[name] = guarded[name];
  }
  return timers;
}

function lazyGlobals(realm: Realm): PropertyDescriptorMap {
  const lazy: PropertyDescriptorMap = {};
  for (const name of LAZY_GLOBALS) {
    if (name in realm) lazy[name] = { get: lazily(realm, name), enumerable: false, configurable: true };
  }
  return lazy;
}

/** A function that reads a global as it is now, but only when it is called. */
function lazily(realm: Realm, name: string): () => unknown {
  const property = Object.getOwnPropertyDescriptor(realm, name);
  if (property && "value" in property) return () => property.value;
  const getter = property?.get;
  let value: unknown;
  return () => value ??= getter && Reflect.apply(getter, globalThis, []);
}
