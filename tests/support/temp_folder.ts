/**
 * A folder for one test.
 *
 * @module
 */

/** See the module's comment. */
export interface TempFolder extends Disposable {
  /** Absolute, links resolved. */
  readonly path: string;
}

/** Makes an empty one, which is gone when the test ends. */
export function tempFolder(): TempFolder {
  const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "spoor-test-" }));
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}
