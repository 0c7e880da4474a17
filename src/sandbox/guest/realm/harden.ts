/**
 * Freezes objects and all that they lead to.
 *
 * A frozen prototype has a side effect in the language: assigning to an inherited name fails
 * (`this.name = "…"` in a subclass of Error). So on the prototypes where people do that, values
 * become a getter and a setter that puts the value on the object itself.
 *
 * @module
 */

const done = new WeakSet<object>();

/** Freezes a value, its prototype, and everything its properties hold; getters are not called. */
export function harden(value: unknown): void {
  const found: object[] = [];
  collect(value, found);
  for (const each of found) Object.freeze(each);
}

/** Hardens what the realm's globals lead to, and what only syntax leads to. */
export function hardenIntrinsics(realm: Record<PropertyKey, unknown>): void {
  const found: object[] = [];
  done.add(realm);
  for (const name of Reflect.ownKeys(realm)) {
    const property = Object.getOwnPropertyDescriptor(realm, name);
    collect(property?.value, found);
    collect(property?.get, found);
  }
  collect(Object.getPrototypeOf(realm), found);
  for (const value of reachedBySyntax()) collect(value, found);
  for (const prototype of overriddenPrototypes()) allowOverrides(prototype);
  for (const each of found) Object.freeze(each);
}

function collect(root: unknown, found: object[]): void {
  const waiting = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if ((typeof value !== "object" || value === null) && typeof value !== "function") continue;
    if (done.has(value)) continue;
    done.add(value);
    // The elements of a buffer cannot be frozen, and are no way to anything.
    if (ArrayBuffer.isView(value)) continue;
    found.push(value);
    waiting.push(Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, key);
      waiting.push(property?.value, property?.get, property?.set);
    }
  }
}

/** Prototypes without a global name. */
function reachedBySyntax(): unknown[] {
  const generator = (function* () {})();
  const asyncGenerator = (async function* () {})();
  return [
    generator,
    asyncGenerator,
    function* () {},
    async function* () {},
    async () => {},
    [][Symbol.iterator](),
    new Map().entries(),
    new Set().values(),
    ""[Symbol.iterator](),
    "".matchAll(/x/g),
    Iterator.from({ next: () => ({ done: true, value: 0 }) }),
    [].values().map((each) => each),
    Object.getPrototypeOf(Uint8Array),
    new Headers().entries(),
    new URLSearchParams().entries(),
    new Intl.Segmenter().segment(""),
  ];
}

/** Not Promise and Array: V8 is fast with those only while they look untouched. */
function overriddenPrototypes(): object[] {
  return [
    Object,
    Function,
    Error,
    AggregateError,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
  ].map((each) => each.prototype);
}

function allowOverrides(prototype: object): void {
  for (const name of Reflect.ownKeys(prototype)) {
    if (name === "length" || name === Symbol.iterator) continue;
    const property = Object.getOwnPropertyDescriptor(prototype, name);
    if (!property?.configurable || !("value" in property)) continue;
    const { value, enumerable = false } = property;
    Object.defineProperty(prototype, name, {
      get: inherit(value),
      set: override(prototype, name),
      enumerable,
      configurable: false,
    });
  }
}

function inherit(value: unknown): () => unknown {
  const get = () => value;
  harden(get);
  return get;
}

function override(prototype: object, name: PropertyKey): (this: object, value: unknown) => void {
  const set = function (this: object, value: unknown) {
    if (this === prototype || Object(this) !== this) {
      throw new TypeError(
        `Cannot change "${String(name)}": a model cannot change built-in objects`,
      );
    }
    const own = { value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(this, name, own);
  };
  harden(set);
  return set;
}
