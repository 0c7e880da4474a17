/**
 * The array that `await` gives of a tracked query: an array as any other, but that a function which `map`,
 * `flatMap` or `forEach` calls with a row works on that row's group, so that its requests belong to it.
 *
 * A loop over the array says nothing: who runs its body, and what runs beside it, cannot be told apart.
 *
 * @module
 */
import { newChange, workOn } from "~/sandbox/guest/deliver/change_context.ts";
import { groupOf } from "~/sandbox/guest/deliver/known_objects.ts";

const plain = Array.prototype;

/** Methods that give some of the items, or all in another order. */
const CHOOSING = [
  "filter",
  "slice",
  "splice",
  "concat",
  "toSorted",
  "toReversed",
  "toSpliced",
] as const;
/** Methods that call a function with each item. */
const CALLING = ["forEach", "map", "flatMap"] as const;

const followedPrototype: object = Object.create(plain, {
  ...Object.fromEntries(CHOOSING.map((name) => [name, hidden(choosing(plain[name]))])),
  ...Object.fromEntries(CALLING.map((name) => [name, hidden(calling(plain[name]))])),
});

/** What its arrays lead to; hardened with what the API hands out. */
export const FOLLOWED: readonly unknown[] = [followedPrototype];

/** Makes such an array of one. */
export function followed<T>(items: T[]): T[] {
  return Object.setPrototypeOf(items, followedPrototype);
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
    return workOn(newChange([group]), () => fn.call(this, item, ...rest));
  };
}
