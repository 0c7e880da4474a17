/**
 * The array that `await` gives of a tracked query: an array as any other, but that a loop over it says which
 * row the model is at, so that its requests belong to that row's group.
 *
 * It is said to the code that the loop runs, and to all that this awaits or starts: loops side by side do not
 * hear of each other.
 *
 * @module
 */
import {
  beginPass,
  changeOf,
  endPass,
  enterChange,
  workOn,
} from "~/sandbox/guest/deliver/change_context.ts";
import { groupOf } from "~/sandbox/guest/deliver/known_objects.ts";

const plain = Array.prototype;

/** Methods that give some of the items, or all in another order. */
const CHOOSING = ["filter", "slice", "concat", "toSorted", "toReversed", "toSpliced"] as const;
/** Methods that call a function with each item. */
const CALLING = ["forEach", "map", "flatMap"] as const;

const followedPrototype: object = Object.create(plain, {
  ...Object.fromEntries(CHOOSING.map((name) => [name, hidden(choosing(plain[name]))])),
  ...Object.fromEntries(CALLING.map((name) => [name, hidden(calling(plain[name]))])),
  values: hidden(function (this: unknown[]) {
    return follow(this, (item) => item);
  }),
  [Symbol.iterator]: hidden(function (this: unknown[]) {
    return follow(this, (item) => item);
  }),
  entries: hidden(function (this: unknown[]) {
    return follow(this, (item, index) => [index, item]);
  }),
});

/** What its arrays lead to; hardened with what the API hands out. */
export const FOLLOWED: readonly unknown[] = [followedPrototype, follow];

/** Makes such an array of one. */
export function followed<T>(items: T[]): T[] {
  return Object.setPrototypeOf(items, followedPrototype);
}

function* follow<T>(items: unknown[], give: (item: unknown, index: number) => T): Generator<T> {
  const pass = beginPass();
  try {
    for (let i = 0; i < items.length; i++) {
      const group = groupOf(items[i]);
      if (group) enterChange(changeOf([group]), pass);
      yield give(items[i], i);
    }
  } finally {
    endPass(pass);
  }
}

// deno-lint-ignore no-explicit-any -- any method of an array
type Method = (...args: any[]) => any;

function hidden(value: Method): PropertyDescriptor {
  return { value, writable: true, configurable: true };
}

function choosing(method: Method): Method {
  return function (this: unknown[], ...args) {
    return followed(method.apply(this, args));
  };
}

function calling(method: Method): Method {
  return function (this: unknown[], fn: unknown, self: unknown) {
    return method.call(this, typeof fn === "function" ? following(fn as Method) : fn, self);
  };
}

function following(fn: Method): Method {
  return function (this: unknown, item: unknown, ...rest) {
    const group = groupOf(item);
    if (!group) return fn.call(this, item, ...rest);
    return workOn(changeOf([group]), () => fn.call(this, item, ...rest));
  };
}
